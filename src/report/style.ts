/**
 * How text is marked up for a terminal. Reports are pure: whoever writes to a terminal passes functions that colour,
 * everyone else passes {@link plain}.
 */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const same = (text: string): string => text;

/** No mark-up at all: files, pipes, pull requests. */
export const plain: Style = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };
