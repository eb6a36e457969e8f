import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { followWithIndex, type LogFollower, type NearestIndex, type Observer, type Stores } from '@nearhit/core';
import type { Chores } from './chores.ts';

export interface FollowedIndexOptions {
  /** Of the index; a note of what its snapshot stands for is kept beside it. */
  readonly dir: string;
  readonly index: NearestIndex;
  readonly stores: Pick<Stores, 'log' | 'responses'>;
  readonly modelVersion: () => string;
  readonly observer: Observer;
  readonly chores: Chores;
}

export interface FollowedIndex {
  readonly follower: LogFollower;
  /** True from the first time that it has caught up; false again while it is built anew. */
  readonly caughtUp: boolean;
  /** The index has lost what it had, as far as this (undefined: all of it). */
  rewind(seq?: number): void;
  /** A last snapshot, for a quick next start. */
  close(): Promise<void>;
}

const SNAPSHOT_MS = 60_000;
const SNAPSHOT_AFTER_RECORDS = 2000;
/** Behind by no more than this, an index serves. */
const LAG_MAX = 1000;

/** An index of this process, kept in step with a log that others write, from its last snapshot on. */
export async function openFollowedIndex(options: FollowedIndexOptions): Promise<FollowedIndex> {
  const { dir, index, stores, modelVersion, observer, chores } = options;
  const note = join(dir, 'log');
  const known = readNote(note);
  const position = await index.position();
  const isOurs = known !== undefined && known.model === modelVersion() && position > 0;
  let built = isOurs;
  let snapshotAt = position;
  const follower = followWithIndex({
    ...{ log: stores.log, store: stores.responses, index, modelVersion, observer },
    from: isOurs ? { epoch: known.epoch, seq: position } : undefined,
    onRebuilt: (epoch) => {
      built = true;
      writeFileSync(note, JSON.stringify({ epoch, model: modelVersion() }));
    },
  });
  const snapshot = async (): Promise<void> => {
    if (built && follower.lag !== undefined) snapshotAt = await index.snapshot();
  };
  chores.every(SNAPSHOT_MS, 'snapshot-failed', async () => {
    if ((await index.position()) - snapshotAt >= SNAPSHOT_AFTER_RECORDS) await snapshot();
  });
  follower.start();
  let ready = false;
  return {
    follower,
    get caughtUp() {
      ready ||= built && follower.lag !== undefined && follower.lag <= LAG_MAX;
      return ready && built;
    },
    rewind(seq) {
      if (seq === undefined) {
        built = false;
        // Until it is whole again, a restart must not take its snapshot for one.
        rmSync(note, { force: true });
      }
      follower.rewind(seq);
    },
    async close() {
      await follower.close();
      await chores.attempt('snapshot-failed', snapshot);
    },
  };
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
