import type { EntryId } from '../ids.ts';
import type { ChangeLog, EntryChange } from '../ports/change-log.ts';
import type { IndexChange, NearestIndex } from '../ports/nearest-index.ts';

/**
 * Log, then index, one publication after the other: the index never hears of changes out of the log's order. Without an
 * index the log alone hears of them: the indexes are elsewhere and follow it.
 */
export class ChangeFeed {
  readonly #log: Pick<ChangeLog, 'append'>;
  readonly #index: Pick<NearestIndex, 'apply'> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(log: Pick<ChangeLog, 'append'>, index?: Pick<NearestIndex, 'apply'>) {
    this.#log = log;
    this.#index = index;
  }

  publish(changes: readonly EntryChange[], indexed: readonly IndexChange[]): Promise<void> {
    if (this.#index === undefined) return this.#log.append(changes).then(() => undefined);
    const index = this.#index;
    const turn = this.#last.then(async () => {
      const seq = await this.#log.append(changes);
      await index.apply(indexed, seq);
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Work on the index between two publications: none is under way while it runs. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  gone(ids: readonly EntryId[], kind: 'delete' | 'expire'): Promise<void> {
    if (ids.length === 0) return Promise.resolve();
    return this.publish(
      ids.map((id) => ({ kind, id })),
      ids.map((id) => ({ kind: 'remove', id })),
    );
  }
}
