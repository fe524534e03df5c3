/** At which sites copies of something are, or will be, by who asked for them. */
export class CopySites {
  readonly #byAsker = new Map<string, Map<number, number[]>>();

  /** @param item what is copied: any number that stands for it */
  of(asker: string, item: number): readonly number[] {
    return this.#byAsker.get(asker)?.get(item) ?? nowhere;
  }

  add(asker: string, item: number, site: number): void {
    let byItem = this.#byAsker.get(asker);
    if (byItem === undefined) {
      byItem = new Map();
      this.#byAsker.set(asker, byItem);
    }
    const sites = byItem.get(item);
    if (sites === undefined) byItem.set(item, [site]);
    else if (!sites.includes(site)) sites.push(site);
  }
}

const nowhere: readonly number[] = [];
