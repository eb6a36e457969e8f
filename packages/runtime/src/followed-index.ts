import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { followWithIndex, type LogFollower, type NearestIndex, type Observer, type Stores } from '@nearhit/core';
import type { Chores } from './chores.ts';

export interface FollowedIndexOptions {
  /** Of the index; a note of what its snapshot stands for is kept beside it. */
  readonly dir: string;
  readonly open: (callbacks: IndexCallbacks) => Promise<NearestIndex>;
  readonly stores: Pick<Stores, 'log' | 'responses'>;
  readonly modelVersion: () => string;
  readonly observer: Observer;
  readonly chores: Chores;
}

/** What an index may find of itself. */
export interface IndexCallbacks {
  /** It has started again, as of its last snapshot. */
  readonly onRestart: (position: number) => void;
  readonly onPartitionLost: () => void;
}

export interface FollowedIndex {
  readonly index: NearestIndex;
  readonly follower: LogFollower;
  /** True from the first time that it has caught up; false again while it is built anew. */
  readonly caughtUp: boolean;
  /** What the index holds is of no use any more: it is built anew. */
  startAnew(): void;
  /** A last snapshot, for a quick next start; then the index is closed. */
  close(): Promise<void>;
}

const SNAPSHOT_MS = 60_000;
const SNAPSHOT_AFTER_RECORDS = 2000;
/** Behind by no more than this, an index serves. */
const LAG_MAX = 1000;

/** An index of this process, kept in step with a log that others write, from its last snapshot on. */
export async function openFollowedIndex(options: FollowedIndexOptions): Promise<FollowedIndex> {
  const { dir, stores, modelVersion, observer, chores } = options;
  const content = new Content(join(dir, 'log'), modelVersion);
  let follower: LogFollower | undefined;
  const startAnew = (): void => {
    content.lost();
    follower?.rewind(undefined);
  };
  const index = await options.open({
    onRestart: (position) => (position > 0 && content.whole ? follower?.rewind(position) : startAnew()),
    onPartitionLost: startAnew,
  });
  const position = await index.position();
  const epoch = content.restored(position);
  let snapshotAt = position;
  const following = followWithIndex({
    ...{ log: stores.log, store: stores.responses, index, modelVersion, observer },
    from: epoch === undefined ? undefined : { epoch, seq: position },
    onRebuild: () => {
      content.rebuilding();
      snapshotAt = 0;
    },
    onRebuilt: (rebuiltFrom) => content.rebuilt(rebuiltFrom),
  });
  follower = following;
  const snapshot = async (): Promise<void> => {
    if (content.whole && following.lag !== undefined) snapshotAt = await index.snapshot();
  };
  chores.every(SNAPSHOT_MS, 'snapshot-failed', async () => {
    if ((await index.position()) - snapshotAt >= SNAPSHOT_AFTER_RECORDS) await snapshot();
  });
  following.start();
  let ready = false;
  return {
    ...{ index, follower: following, startAnew },
    get caughtUp() {
      ready ||= content.whole && following.lag !== undefined && following.lag <= LAG_MAX;
      return ready && content.whole;
    },
    async close() {
      await following.close();
      await chores.attempt('snapshot-failed', snapshot);
      await index.close();
    },
  };
}

/** Whether an index holds all that it should, and a note of that for the next start. */
class Content {
  whole = false;
  readonly #note: string;
  readonly #modelVersion: () => string;
  #losses = 0;
  /** The losses there had been when the rebuilding under way began. */
  #building = 0;

  constructor(note: string, modelVersion: () => string) {
    this.#note = note;
    this.#modelVersion = modelVersion;
  }

  /**
   * At a start from a snapshot: the epoch of the log that this stands for; undefined when it is of no use. To be asked
   * last: the index may have said by then that it is not whole.
   */
  restored(position: number): string | undefined {
    const known = readNote(this.#note);
    this.whole = known !== undefined && known.model === this.#modelVersion() && position > 0;
    this.#building = this.#losses;
    return this.whole ? known?.epoch : undefined;
  }

  lost(): void {
    this.whole = false;
    this.#losses += 1;
    // Until it is whole again, a restart must not take its snapshot for one.
    rmSync(this.#note, { force: true });
  }

  rebuilding(): void {
    this.lost();
    this.#building = this.#losses;
  }

  rebuilt(epoch: string): void {
    // What was taken in before a loss is gone, and the rebuilding that follows the loss is still to come.
    if (this.#losses !== this.#building) return;
    this.whole = true;
    writeFileSync(this.#note, JSON.stringify({ epoch, model: this.#modelVersion() }));
  }
}

function readNote(file: string): { epoch: string; model: string } | undefined {
  try {
    const { epoch, model } = JSON.parse(readFileSync(file, 'utf8'));
    return typeof epoch === 'string' && typeof model === 'string' ? { epoch, model } : undefined;
  } catch {
    // Absent or damaged: the index is built from the store, which costs time and nothing else.
    return undefined;
  }
}
