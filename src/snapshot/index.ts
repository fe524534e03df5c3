/** The inventory in memory: immutable sorted columns, and the builder that makes them from rows in any order. */
export * from './builder.js';
export { at, nameAt } from './column.js';
export * from './snapshot.js';
