/** The assumptions of a simulation, as the options and the file given with `--assumptions` state them. */
import type { DatasetStatus, DesiredState } from '../desired/state.js';
import type { Diagnostic } from '../diagnostic.js';
import { messageOf } from '../error.js';
import { type Condition, compileExpression, ExpressionError, parseBytes, type Scope, scopes } from '../policy/index.js';
import { type ArrivalStream, type Assumptions, parseRate, type Rate } from '../simulation/index.js';
import { type CheckedYaml, readCheckedYaml, type YamlFileKind } from './checked-yaml.js';
import { InvalidInput, UsageError } from './exit.js';

export interface AssumptionOptions {
  readonly arrival?: Rate | 'recent' | 'none';
  /** Seconds. */
  readonly templates: number;
  readonly throughput?: Rate;
  /** Seconds; `never`: demand stays. */
  readonly demandHalfLife: number | 'never';
  readonly approveAll?: boolean;
}

/** The file's content after `schemas/assumptions.schema.json` has accepted it. */
interface AssumptionsFile {
  readonly throughput?: string;
  readonly links?: readonly { readonly from?: string; readonly to?: string; readonly throughput: string }[];
  readonly arrivals?: readonly StreamEntry[];
}

interface StreamEntry {
  readonly name: string;
  readonly rate: string;
  readonly like?: string;
  readonly at?: string;
  readonly named?: string;
  readonly owner?: string;
  readonly status?: DatasetStatus;
  readonly labels?: Readonly<Record<string, string>>;
  readonly datasetSize?: string;
  readonly blockSize?: string;
}

const kind: YamlFileKind = {
  subject: 'the file of assumptions',
  schema: 'assumptions',
  option: '--assumptions',
  pattern: ({ instancePath }) => {
    if (instancePath.endsWith('/named')) return 'must have `{n}` in it, which becomes a running number';
    if (instancePath.endsWith('Size')) return 'must be a size such as `50GB` or `10TB`';
    return 'must be a rate such as `100MB/s` or `5TB/d`';
  },
};

/** What a link carries where nobody says: bytes per second. */
const defaultThroughput = 100e6;

/**
 * @param file absolute path of the file, or null where there is none
 * @throws InvalidInput with every error of the file; StatorError where it cannot be read; UsageError where file and
 *   options contradict each other
 */
export async function loadAssumptions(
  file: string | null,
  options: AssumptionOptions,
  desired: DesiredState,
): Promise<Assumptions> {
  const read = file === null ? null : await readCheckedYaml<AssumptionsFile>(file, kind);
  const content = read?.content ?? {};
  if (options.arrival !== undefined && content.arrivals !== undefined) {
    throw new UsageError('what arrives is said twice', 'leave out --arrival, or `arrivals` in the file of assumptions');
  }
  return {
    arrivals: read === null || content.arrivals === undefined ? simpleArrivals(options) : streamsOf(read, desired),
    templateWindow: options.templates,
    throughput: {
      default: perSecond(options.throughput ?? knownRate(content.throughput)) ?? defaultThroughput,
      links: (content.links ?? []).map(({ from, to, throughput }) => ({
        from: from ?? '*',
        to: to ?? '*',
        rate: perSecond(knownRate(throughput)) ?? 0,
      })),
    },
    demandHalfLife: options.demandHalfLife === 'never' ? null : options.demandHalfLife,
    approveAll: options.approveAll === true,
  };
}

const plainStream: Omit<ArrivalStream, 'name' | 'rate'> = {
  like: null,
  at: null,
  named: null,
  owner: null,
  status: null,
  labels: {},
  datasetSize: null,
  blockSize: null,
};

function simpleArrivals({ arrival }: AssumptionOptions): ArrivalStream[] {
  return arrival === 'none' ? [] : [{ ...plainStream, name: 'all', rate: arrival ?? 'recent' }];
}

/** @throws InvalidInput with every condition that is wrong */
function streamsOf(file: CheckedYaml<AssumptionsFile>, desired: DesiredState): ArrivalStream[] {
  const problems: Diagnostic[] = [];
  const condition = (index: number, field: 'like' | 'at', text: string | undefined, scope: Scope): Condition | null => {
    if (text === undefined) return null;
    const path = ['arrivals', index, field];
    try {
      const compiled = compileExpression<boolean>(text, scope, 'bool');
      for (const { root, name, offset } of compiled.selectors) {
        if (desired.selectors.some((selector) => selector.name === name && selector.scope === root)) continue;
        const message = `there is no Selector \`${name}\` with \`scope: ${root}\`; declare it, or correct the name`;
        problems.push(file.problem(path, message, offset));
      }
      return compiled;
    } catch (error) {
      const offset = error instanceof ExpressionError ? error.offset : 0;
      const hint = error instanceof ExpressionError && error.hint !== undefined ? `; ${error.hint}` : '';
      problems.push(file.problem(path, `\`${field}\`: ${messageOf(error)}${hint}`, offset));
      return null;
    }
  };
  const streams = (file.content.arrivals ?? []).map(
    (entry, index): ArrivalStream => ({
      name: entry.name,
      rate: entry.rate === 'recent' ? 'recent' : (knownRate(entry.rate) ?? 'recent'),
      like: condition(index, 'like', entry.like, scopes.dataset),
      at: condition(index, 'at', entry.at, scopes.site),
      named: entry.named ?? null,
      owner: entry.owner ?? null,
      status: entry.status ?? null,
      labels: entry.labels ?? {},
      datasetSize: entry.datasetSize === undefined ? null : parseBytes(entry.datasetSize),
      blockSize: entry.blockSize === undefined ? null : parseBytes(entry.blockSize),
    }),
  );
  if (problems.length > 0) throw new InvalidInput(problems, kind.subject);
  return streams;
}

/** The schema has seen to the form. */
function knownRate(text: string | undefined): Rate | undefined {
  return text === undefined ? undefined : (parseRate(text) ?? undefined);
}

function perSecond(rate: Rate | undefined): number | undefined {
  return rate === undefined ? undefined : rate.bytes / rate.per;
}
