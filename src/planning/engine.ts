/** Name and version of the planning engine: part of every plan, because another version may decide otherwise. */
export const engine = 'stator/0.1.0';
