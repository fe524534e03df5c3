import { readFileSync } from 'node:fs';

export interface PosixConfig {
  readonly parallel: number;
}

export const configSchema = JSON.parse(
  readFileSync(new URL('./config.schema.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, unknown>>;
