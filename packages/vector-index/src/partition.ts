import type { EntryId, Fingerprint, PartitionKey } from '@nearhit/core';
import type { Group, Member } from './group.ts';

export interface FileRef {
  readonly name: string;
  readonly bytes: number;
  readonly crc32: number;
}

export interface PendingAdd {
  readonly fingerprint: Fingerprint;
  readonly vector: Float32Array;
}

/** By id, what it holds now; undefined when nothing any more. */
export type Pending = Map<EntryId, PendingAdd | undefined>;

/** While open, `groups` hold its vectors. While closed, `files` do, and `pending` whatever has changed since they were written. */
export interface Partition {
  readonly key: PartitionKey;
  open: boolean;
  /** Its files turned out to be unusable: what was in them is forgotten, and it is not whole before its owner says so. Always open. */
  lost: boolean;
  readonly groups: Map<Fingerprint, Group>;
  readonly pending: Pending;
  /** How many ids it holds, those in `pending` counted. */
  size: number;
  /** As they were last written: its `.part`, then its graphs. */
  files: readonly FileRef[];
  /** `files` are not what `groups` hold. */
  changed: boolean;
  /** On the clock of `performance.now()`; -Infinity when it was never searched. */
  searchedAtMs: number;
}

export function newPartition(key: PartitionKey): Partition {
  return {
    key,
    open: true,
    lost: false,
    groups: new Map(),
    pending: new Map(),
    size: 0,
    files: [],
    changed: true,
    searchedAtMs: Number.NEGATIVE_INFINITY,
  };
}

/** Where an id is: in an open partition its member, else the partition itself. */
export type Holder = Member | Partition;

export function isMember(holder: Holder): holder is Member {
  return 'slot' in holder;
}

export function homeOf(holder: Holder): Partition {
  return isMember(holder) ? holder.group.partition : holder;
}
