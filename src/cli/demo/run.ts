/**
 * The main job on one machine, told step by step. Every step is a command as anybody would type it, run by the same code;
 * the only thing the demo does itself is to make the files and the repository, and to compare the disks with the
 * inventory at the end.
 */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { openDatabase } from '../../database/index.js';
import { StatorError } from '../../error.js';
import { formatBytes } from '../../policy/units.js';
import type { Style } from '../../report/style.js';
import { count } from '../../report/wording.js';
import type { Host } from '../command-context.js';
import { configFileName } from '../config.js';
import { type ExitCode, exitCodes } from '../exit.js';
import { checkFiles } from './check.js';
import { demoSites, writeContent } from './content.js';
import { ada, ben, editRule, writeRules } from './rules.js';

export interface DemoOptions {
  /** Where to make it; null: a temporary directory. */
  readonly directory: string | null;
  /** Leave everything there at the end; what is named with `directory` always stays. */
  readonly keep: boolean;
}

/** Runs one command line in the demo's directory; `runCommandLine` itself, passed in because it knows this command. */
export type RunCommand = (args: readonly string[], host: Host) => Promise<ExitCode>;

/** Marks a directory as one that a later demo may empty. */
const marker = '.stator-demo';

/** More cycles than the demo ever needs to come to rest. */
const mostCycles = 5;

export async function runDemo(
  options: DemoOptions,
  host: Host,
  style: Style,
  runCommand: RunCommand,
): Promise<ExitCode> {
  const directory = await prepareDirectory(options.directory);
  try {
    return await new Demo(directory, host, style, runCommand).run();
  } finally {
    if (options.directory === null && !options.keep) await rm(directory, { recursive: true, force: true });
    else
      host.out.write(
        `\nEverything is in ${directory}: go there and try \`stator plan\`, \`stator explain\`, \`stator history\`.\n`,
      );
  }
}

async function prepareDirectory(named: string | null): Promise<string> {
  if (named === null) return mkdtemp(join(tmpdir(), 'stator-demo-'));
  await mkdir(named, { recursive: true });
  const entries = await readdir(named);
  if (entries.length > 0 && !entries.includes(marker)) {
    throw new StatorError({
      code: 'not-empty',
      what: 'the directory is not empty and was not made by a demo',
      where: named,
      todo: 'name a new or an empty directory',
    });
  }
  for (const entry of entries) await rm(join(named, entry), { recursive: true, force: true });
  return named;
}

class Demo {
  readonly #directory: string;
  readonly #host: Host;
  readonly #style: Style;
  readonly #runCommand: RunCommand;
  readonly #sites: string;
  readonly #repository: string;
  #step = 0;

  constructor(directory: string, host: Host, style: Style, runCommand: RunCommand) {
    this.#directory = directory;
    this.#style = style;
    this.#runCommand = runCommand;
    this.#sites = join(directory, 'sites');
    this.#repository = join(directory, 'rules');
    // What is set for another installation must not lead the demo there.
    const environment = Object.fromEntries(
      Object.entries(host.environment).filter(([name]) => !name.startsWith('STATOR_')),
    );
    this.#host = { ...host, directory, environment };
  }

  async run(): Promise<ExitCode> {
    const first = await this.#makeFederation();
    await this.#firstReconciliation();
    await this.#explainBoth();
    await this.#changeRule(first);
    return this.#compare();
  }

  async #makeFederation(): Promise<string> {
    this.#heading('A federation of four directories');
    const { datasets, files, bytes } = await writeContent(this.#sites, join(this.#directory, 'bundle'));
    const first = await writeRules(this.#repository, this.#sites);
    const config = `database: { url: 'sqlite:stator.db' }\nrepository: { url: rules, cache: cache }\n`;
    await writeFile(join(this.#directory, configFileName), config);
    await writeFile(join(this.#directory, marker), '');
    this.#say(
      `${count(datasets, 'dataset')} in ${count(files, 'file')} (${formatBytes(bytes)}), each with its checksums, stand in the directories of`,
      `${demoSites.map((site) => `${site.name} (${site.storage})`).join(', ')}. Six rules, in a git repository with one commit by ${ada.name},`,
      'say where data has to be and what may go. What is where is listed in a bundle, which is read into an embedded database:',
    );
    await this.#command(['inventory', 'import', 'bundle'], exitCodes.done);
    return first;
  }

  async #firstReconciliation(): Promise<void> {
    this.#heading('What the rules would do: the plan');
    this.#say(
      'A plan compares the rules of the commit with the inventory. It changes nothing. Exit code 2: there are changes.',
    );
    await this.#command(['plan'], exitCodes.changes);
    this.#heading('Making it so');
    this.#say('Copies are verified by size and checksum before they count. Only then may another copy go.');
    await this.#reconcileToRest();
  }

  async #explainBoth(): Promise<void> {
    this.#heading('Why is this copy there?');
    await this.#command(['explain', '/Beam/2024A/RAW@cave'], exitCodes.done);
    this.#heading('Why is that one gone?');
    this.#say('The data is deleted, the answer stays: which rule, which line, which commit, by whom.');
    await this.#command(['explain', '/Test/2022/RECO'], exitCodes.done);
  }

  async #changeRule(first: string): Promise<void> {
    this.#heading('A change of the rules');
    await editRule(this.#repository);
    this.#say(
      `${ben.name} commits a change: cosmics are to be at the hill instead of the lake. This is what a pull request shows:`,
    );
    await this.#command(['plan', '--base', first], exitCodes.changes);
    this.#say('', 'Merged, the loop makes it so:');
    await this.#reconcileToRest();
    await this.#command(['explain', '/Cosmics/2023/RECO@hill'], exitCodes.done);
    await this.#command(['history'], exitCodes.done);
  }

  /** Runs cycles until a plan has nothing left to do. */
  async #reconcileToRest(): Promise<void> {
    for (let cycle = 1; cycle <= mostCycles; cycle++) {
      await this.#command(['reconcile', '--once'], exitCodes.done);
      // Asked silently: what a cycle made possible is done by the next.
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      const silent: Host = { ...this.#host, out: nowhere, err: nowhere };
      if ((await this.#runCommand(['plan', '--quiet'], silent)) === exitCodes.done) return;
    }
    throw new StatorError({
      code: 'demo-failed',
      what: `after ${mostCycles} cycles there is still something to do`,
      where: this.#directory,
      todo: 'this is a defect of Stator; run again with --keep and look at `stator actions`',
      actBy: 'developer',
    });
  }

  async #compare(): Promise<ExitCode> {
    this.#heading('The disks and the inventory, file by file');
    const database = await openDatabase(`sqlite:${join(this.#directory, 'stator.db')}`);
    const result = await checkFiles(database, this.#sites).finally(() => database.close());
    for (const [site, files] of result.filesAtSite) this.#say(`  ${site}: ${count(files, 'file')}`);
    if (result.faults.length > 0) {
      for (const fault of result.faults.slice(0, 20)) this.#say(this.#style.red(`  ${fault}`));
      this.#say(this.#style.red(`The disks and the inventory differ in ${count(result.faults.length, 'file')}.`));
      return exitCodes.error;
    }
    const all = `All ${count(result.expected, 'file')} that the inventory lists are there, every checksum is right, and there is no unknown file.`;
    this.#say(this.#style.green(all));
    return exitCodes.done;
  }

  /** Shows a command and runs it; anything but the expected exit code ends the demo. */
  async #command(args: readonly string[], expected: ExitCode): Promise<void> {
    this.#say('', this.#style.bold(`$ stator ${args.join(' ')}`));
    const code = await this.#runCommand(args, this.#host);
    if (code === expected) return;
    throw new StatorError({
      code: 'demo-failed',
      what: `\`stator ${args.join(' ')}\` ended with exit code ${code} instead of ${expected}`,
      where: this.#directory,
      todo: 'see what it said above; run again with --keep to look at what is there',
      actBy: 'developer',
    });
  }

  #heading(text: string): void {
    this.#step++;
    this.#say('', this.#style.bold(this.#style.cyan(`${this.#step}. ${text}`)));
  }

  #say(...lines: readonly string[]): void {
    for (const line of lines) this.#host.out.write(`${line}\n`);
  }
}
