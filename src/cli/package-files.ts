/** Files that come with the program: schemas, the example desired state, its version. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The package's root: three levels above the compiled file, two above the source when run without a build. */
export const packageRoot = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../../' : '../../', import.meta.url),
);

/** A JSON file of the package, as it stands. */
export function packageJson(path: string): unknown {
  return JSON.parse(readFileSync(`${packageRoot}${path}`, 'utf8'));
}

export function version(): string {
  const { version } = packageJson('package.json') as { version: string };
  return version;
}

/** What tells this build of the program from every other; null where it runs without one, from its sources. */
export function build(): string | null {
  const stamp = `${packageRoot}dist/inputs.sha256`;
  if (!import.meta.url.includes('/dist/') || !existsSync(stamp)) return null;
  return `stator/${version()} ${readFileSync(stamp, 'utf8').trim()} node/${process.versions.node}`;
}
