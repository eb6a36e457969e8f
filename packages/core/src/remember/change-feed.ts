import type { EntryId } from '../ids.ts';
import type { Change, ChangeLog } from '../ports/change-log.ts';
import type { IndexChange, NearestIndex } from '../ports/nearest-index.ts';

/** Log, then index, one publication after the other: the index never hears of changes out of the log's order. */
export class ChangeFeed {
  readonly #log: ChangeLog;
  readonly #index: NearestIndex;
  #last: Promise<void> = Promise.resolve();

  constructor(log: ChangeLog, index: NearestIndex) {
    this.#log = log;
    this.#index = index;
  }

  publish(changes: readonly Change[], indexed: readonly IndexChange[]): Promise<void> {
    const turn = this.#last.then(async () => {
      const seq = await this.#log.append(changes);
      await this.#index.apply(indexed, seq);
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  deleted(ids: readonly EntryId[]): Promise<void> {
    if (ids.length === 0) return Promise.resolve();
    const changes = ids.map((id) => ({ kind: 'delete', id }) as const);
    return this.publish(
      changes,
      ids.map((id) => ({ kind: 'remove', id })),
    );
  }
}
