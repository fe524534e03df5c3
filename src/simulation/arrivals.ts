/** New data: which datasets come into being by a given time, and where. */
import { regexMatcher } from '../policy/text-match.js';
import { at } from '../snapshot/column.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { NewDataset, ReplicaChange } from './changes.js';
import { Random } from './random.js';
import { findDataset } from './sorted-names.js';
import type { Home, ModelledStream, Template } from './templates.js';

export interface Arrived {
  readonly datasets: readonly NewDataset[];
  readonly replicas: readonly ReplicaChange[];
  /** Bytes by site. */
  readonly bytes: ReadonlyMap<string, number>;
}

export class Arrivals {
  readonly #sources: readonly Source[];
  readonly #start: number;
  readonly #nameIsValid: (name: string) => boolean;

  /**
   * @param start seconds since the epoch; nothing has arrived then
   * @param datasetName what names must match, or null
   */
  constructor(streams: readonly ModelledStream[], seed: number, start: number, datasetName: string | null) {
    this.#sources = streams.filter(({ templates }) => templates.length > 0).map((each, i) => new Source(each, seed, i));
    this.#start = start;
    this.#nameIsValid = datasetName === null ? () => true : regexMatcher(`^(?:${datasetName})$`);
  }

  /**
   * What has come by `time` beyond what earlier calls told. A dataset comes whole, as soon as its stream has brought as
   * many bytes as it has.
   */
  until(time: number, snapshot: Snapshot): Arrived {
    const datasets: NewDataset[] = [];
    const replicas: ReplicaChange[] = [];
    const bytes = new Map<string, number>();
    const taken = new Set<string>();
    for (const source of this.#sources) {
      for (const { template, home } of source.until(time - this.#start)) {
        const isFree = (candidate: string): boolean => !taken.has(candidate) && findDataset(snapshot, candidate) < 0;
        const name = source.nextName(template, time, this.#nameIsValid, isFree);
        taken.add(name);
        datasets.push(born(template, name, time));
        replicas.push({ type: 'complete', dataset: name, ...home, blocks: null, at: time });
        bytes.set(home.site, (bytes.get(home.site) ?? 0) + template.size);
      }
    }
    return { datasets, replicas, bytes };
  }
}

/** One stream: how much of it has come, and what comes next. */
class Source {
  readonly #model: ModelledStream;
  readonly #random: Random;
  #next: Template;
  /** Bytes of what has come. */
  #spent = 0;
  #number = 0;

  constructor(model: ModelledStream, seed: number, index: number) {
    this.#model = model;
    this.#random = new Random(seed, index);
    this.#next = this.#draw(model.templates);
  }

  *until(elapsed: number): Generator<{ readonly template: Template; readonly home: Home }> {
    const { rate, templates } = this.#model;
    while (this.#spent + this.#next.size <= (rate.bytes * elapsed) / rate.per) {
      const template = this.#next;
      this.#spent += template.size;
      yield { template, home: this.#draw(template.homes) };
      this.#next = this.#draw(templates);
    }
  }

  /** The next number whose name is free, in the first form that is valid; where none is, in the first form. */
  nextName(
    template: Template,
    time: number,
    isValid: (name: string) => boolean,
    isFree: (name: string) => boolean,
  ): string {
    for (;;) {
      this.#number++;
      const names = this.#names(template.row.name, time);
      const name = names.find(isValid) ?? names[0];
      if (name !== undefined && isFree(name)) return name;
    }
  }

  /** `/A/B/C` becomes `/A-sim7/B/C`, or whatever of that kind may be a name: most globs still match it. */
  #names(model: string, time: number): string[] {
    const { named } = this.#model.stream;
    const number = String(this.#number);
    if (named !== null) {
      const date = new Date(time * 1000).toISOString().slice(0, 10).replaceAll('-', '');
      return [named.replaceAll('{n}', number).replaceAll('{date}', date)];
    }
    const parts = model.split('/');
    return ['-sim', '_sim', 'sim'].flatMap((mark) =>
      parts.flatMap((part, i) => (part === '' ? [] : [parts.with(i, `${part}${mark}${number}`).join('/')])),
    );
  }

  #draw<T>(list: readonly T[]): T {
    // Lists of templates and homes are never empty.
    return list[this.#random.below(list.length)] as T;
  }
}

/** It has not been used yet, but will be as its model was. */
function born(template: Template, name: string, time: number): NewDataset {
  const { row, usage } = template;
  const width = String(template.sizes.length).length;
  return {
    row: { ...row, name, created: time, lastUpdate: time },
    usage: { ...usage, lastAccess: usage.lastAccess === 0 ? 0 : time },
    blocks: Array.from(template.sizes, (size, i) => ({
      name: String(i + 1).padStart(width, '0'),
      size,
      files: at(template.files, i),
      open: false,
      lastUpdate: time,
    })),
  };
}
