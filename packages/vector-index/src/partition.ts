import type { PartitionKey } from '@nearhit/core';
import type { Member, Partition } from './group.ts';

export type { FileRef, Partition, Pending, PendingAdd } from './group.ts';

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
