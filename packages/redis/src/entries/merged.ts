const PAGE_MAX = 512;

interface Source<T> {
  readonly fetch: (after: T | undefined, count: number) => Promise<T[]>;
  items: T[];
  at: number;
  page: number;
  last: T | undefined;
  ended: boolean;
}

/** Several ordered lists, read page by page as one. What compares as 0 comes once. */
export class Merged<T> {
  readonly #sources: Source<T>[];
  readonly #compare: (a: T, b: T) => number;
  #last: T | undefined;

  /** `fetch`: the next `count` after `after`, fewer only at the end. */
  constructor(
    lists: readonly ((after: T | undefined, count: number) => Promise<T[]>)[],
    compare: (a: T, b: T) => number,
  ) {
    this.#sources = lists.map((fetch) => ({ fetch, items: [], at: 0, page: 0, last: undefined, ended: false }));
    this.#compare = compare;
  }

  /** The next `count`, fewer only at the end. */
  async take(count: number): Promise<T[]> {
    const taken: T[] = [];
    while (taken.length < count) {
      await this.#fill(count - taken.length);
      if (this.#sources.length === 0) break;
      this.#merge(taken, count);
    }
    return taken;
  }

  async #fill(wanted: number): Promise<void> {
    const share = Math.ceil(wanted / this.#sources.length) + 4;
    await Promise.all(
      this.#sources.map(async (source) => {
        if (source.at < source.items.length || source.ended) return;
        source.page = Math.min(Math.max(share, 2 * source.page), PAGE_MAX);
        source.items = await source.fetch(source.last, source.page);
        source.at = 0;
        source.last = source.items.at(-1);
        source.ended = source.items.length < source.page;
      }),
    );
    for (let i = this.#sources.length - 1; i >= 0; i--) {
      const { at, items, ended } = this.#sources[i] as Source<T>;
      if (ended && at === items.length) this.#sources.splice(i, 1);
    }
  }

  /** Until enough is taken or a list has to be read on. */
  #merge(taken: T[], count: number): void {
    while (taken.length < count) {
      let least: Source<T> | undefined;
      for (const source of this.#sources) {
        const head = source.items[source.at] as T;
        if (least === undefined || this.#compare(head, least.items[least.at] as T) < 0) least = source;
      }
      if (least === undefined) return;
      const item = least.items[least.at++] as T;
      if (this.#last === undefined || this.#compare(item, this.#last) !== 0) taken.push(item);
      this.#last = item;
      if (least.at === least.items.length) return;
    }
  }
}
