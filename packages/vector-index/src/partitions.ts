import type { EntryId, Fingerprint, IndexChange, NearestQuery, Neighbour, PartitionKey } from '@nearhit/core';
import { VectorArena } from './arena.ts';
import { Group, type GroupOptions, type Member } from './group.ts';
import {
  type FileRef,
  type Holder,
  homeOf,
  isMember,
  newPartition,
  type Partition,
  type Pending,
} from './partition.ts';
import { DamagedFile } from './snapshot-files.ts';
import { Waiting, type WaitingOptions } from './waiting.ts';

export interface PartitionsOptions extends GroupOptions, WaitingOptions {}

/** What a member and a group cost besides the vectors: ids, records, places in the maps. Estimated for 64-digit ids. */
export const MEMBER_BYTES = 220;
const GROUP_BYTES = 500;
/** The id and its place in a map. */
const CLOSED_ID_BYTES = 130;

/** All vectors of one process. Synchronous; whoever calls it sees to it that a call is short. */
export class Partitions {
  readonly arena: VectorArena;
  readonly partitions = new Map<PartitionKey, Partition>();
  /** Changes that closed partitions have yet to hear of. */
  readonly waiting: Waiting;
  readonly #options: GroupOptions;
  readonly #holders = new Map<EntryId, Holder>();
  /** Groups whose `step` may have something to do. */
  readonly #restless = new Set<Group>();
  /** Groups with a graph. */
  readonly #graphed = new Set<Group>();
  #groups = 0;
  #closedIds = 0;

  constructor(dimensions: number, options: PartitionsOptions) {
    this.arena = new VectorArena(dimensions);
    this.waiting = new Waiting(dimensions, options);
    this.#options = options;
  }

  /** The partition must be open, if there is one. */
  nearest({ partition, fingerprint, vector, k }: NearestQuery): Neighbour[] {
    const group = this.partitions.get(partition)?.groups.get(fingerprint);
    return group && k > 0 ? group.nearest(vector, k).toNeighbours() : [];
  }

  /** Answers a group that cannot take more before its upkeep has caught up. */
  apply(change: IndexChange): Group | undefined {
    const holder = this.#holders.get(change.id);
    if (change.kind === 'remove') {
      if (holder) this.#remove(change.id, holder);
      return undefined;
    }
    const { id, fingerprint, vector } = change;
    const found = this.partitions.get(change.partition);
    if (found && !found.open) {
      if (holder && holder !== found) this.#remove(id, holder);
      if (holder !== found) this.#hold(id, found);
      this.waiting.put(found, id, { fingerprint, vector: vector.slice() });
      return undefined;
    }
    // The log is read again from the last snapshot on: what is there already must not cost an insert.
    if (holder && isMember(holder) && holder.group === found?.groups.get(fingerprint)) {
      if (holder.group.holds(holder, vector)) return undefined;
    }
    // May take the partition away with its last id, so it is looked up again.
    if (holder) this.#remove(id, holder);
    const group = this.#group(this.#partition(change.partition), fingerprint);
    this.#holders.set(id, group.add(id, vector));
    group.partition.size++;
    this.#touch(group);
    return group.overfull ? group : undefined;
  }

  /** Does a piece of upkeep of about 1 ms. False when nothing was to be done. */
  step(): boolean {
    for (const group of this.#restless) {
      if (this.stepGroup(group)) return true;
      this.#restless.delete(group);
    }
    return false;
  }

  stepGroup(group: Group): boolean {
    if (!group.step()) return false;
    this.#touch(group);
    return true;
  }

  /** Makes a closed partition known. Throws when it is already, or when another holds one of the ids. */
  register(key: PartitionKey, files: readonly FileRef[], ids: readonly EntryId[], pending: Pending): Partition {
    if (this.partitions.has(key)) throw new Error('a partition twice');
    const partition = this.#partition(key);
    Object.assign(partition, { open: false, files, changed: false } satisfies Partial<Partition>);
    for (const id of ids) if (!pending.has(id)) this.#hold(id, partition);
    for (const [id, add] of pending) {
      if (add) this.#hold(id, partition);
      this.waiting.put(partition, id, add);
    }
    return partition;
  }

  /** Opens it with what was read from its files and the changes that have waited. Throws when the files hold ids that are not its own. */
  open(partition: Partition, groups: ReadonlyMap<Fingerprint, Group>): void {
    const outdated: Member[] = [];
    const enter = (member: Member) => {
      if (partition.pending.has(member.id)) outdated.push(member);
      else if (this.#holders.get(member.id) === partition) this.#place(member);
      else throw new DamagedFile('its file holds an id that is not its own');
    };
    for (const [fingerprint, group] of groups) {
      partition.groups.set(fingerprint, group);
      this.#groups++;
      this.#watch(group);
      group.forEach(enter);
    }
    const pending = this.waiting.takeAll(partition);
    partition.open = true;
    this.#closedIds -= partition.size;
    for (const member of outdated) {
      const add = pending.get(member.id);
      if (add?.fingerprint === member.group.fingerprint && member.group.holds(member, add.vector)) {
        this.#place(member);
        pending.delete(member.id);
      } else this.#takeOut(member);
    }
    for (const [id, add] of pending) {
      if (!add) continue;
      const group = this.#group(partition, add.fingerprint);
      this.#place(group.add(id, add.vector));
      this.#touch(group);
    }
  }

  /** Frees its vectors. What it holds must be in its files, and it must not be lost. */
  close(partition: Partition): void {
    const leave = ({ id }: Member) => this.#holders.set(id, partition);
    for (const group of partition.groups.values()) group.forEach(leave);
    this.#empty(partition);
    partition.open = false;
    this.#closedIds += partition.size;
  }

  /** Forgets all that a closed partition held. It is lost until `found`. */
  lose(partition: Partition): void {
    for (const [id, holder] of this.#holders) if (homeOf(holder) === partition) this.#holders.delete(id);
    this.#empty(partition);
    this.waiting.takeAll(partition);
    this.#closedIds -= partition.size;
    Object.assign(partition, {
      open: true,
      lost: true,
      size: 0,
      files: [],
      changed: true,
    } satisfies Partial<Partition>);
  }

  /** What it holds by now is not all. */
  markLost(key: PartitionKey): void {
    this.#partition(key).lost = true;
  }

  found(key: PartitionKey): void {
    const partition = this.partitions.get(key);
    if (!partition) return;
    partition.lost = false;
    if (partition.size === 0) this.#forget(partition);
  }

  clear(): void {
    for (const partition of this.partitions.values()) this.#empty(partition);
    this.partitions.clear();
    this.#holders.clear();
    this.waiting.clear();
    this.#closedIds = 0;
  }

  ids(): EntryId[] {
    return [...this.#holders.keys()];
  }

  /** Those with upkeep due. */
  busy(): Set<Partition> {
    return new Set([...this.#restless].map((group) => group.partition));
  }

  /** What closing partitions can make smaller; unlike in `stats`, room for vectors that is free does not count. */
  get bytesInUse(): number {
    let bytes = this.arena.bytesInUse + this.waiting.bytes + this.#groups * GROUP_BYTES;
    for (const group of this.#graphed) bytes += group.graphBytes;
    return bytes + this.#closedIds * CLOSED_ID_BYTES + (this.#holders.size - this.#closedIds) * MEMBER_BYTES;
  }

  stats() {
    const inGraphs = [...this.#graphed].reduce((sum, { graph }) => sum + (graph?.live ?? 0), 0);
    const all = [...this.partitions.values()];
    const closed = all.filter(({ open }) => !open).length;
    return {
      vectors: this.#holders.size,
      partitions: all.length,
      partitionsOpen: all.length - closed,
      partitionsClosed: closed,
      partitionsLost: all.filter(({ lost }) => lost).length,
      changesWaiting: this.waiting.count,
      bytes: this.bytesInUse - this.arena.bytesInUse + this.arena.bytes,
      graphs: this.#graphed.size,
      inGraphs,
      settled: this.#restless.size === 0,
    };
  }

  #partition(key: PartitionKey): Partition {
    let partition = this.partitions.get(key);
    if (!partition) {
      partition = newPartition(key);
      this.partitions.set(key, partition);
    }
    return partition;
  }

  #group(partition: Partition, fingerprint: Fingerprint): Group {
    let group = partition.groups.get(fingerprint);
    if (!group) {
      group = new Group(partition, fingerprint, this.arena, this.#options);
      partition.groups.set(fingerprint, group);
      this.#groups++;
    }
    return group;
  }

  /** Deleted first, so that the map does not go on holding the same id as another string. */
  #place(member: Member): void {
    this.#holders.delete(member.id);
    this.#holders.set(member.id, member);
  }

  /** An id of a closed partition. */
  #hold(id: EntryId, partition: Partition): void {
    if (this.#holders.has(id)) throw new Error('an id twice');
    this.#holders.set(id, partition);
    partition.size++;
    this.#closedIds++;
  }

  #remove(id: EntryId, holder: Holder): void {
    const partition = homeOf(holder);
    this.#holders.delete(id);
    partition.size--;
    if (isMember(holder)) this.#takeOut(holder);
    else {
      this.#closedIds--;
      this.waiting.put(partition, id, undefined);
    }
    if (partition.size === 0 && !partition.lost) this.#forget(partition);
  }

  #takeOut(member: Member): void {
    const { group } = member;
    group.remove(member);
    this.#touch(group);
    if (group.size > 0) return;
    this.#release(group);
    group.partition.groups.delete(group.fingerprint);
  }

  #release(group: Group): void {
    group.release();
    this.#restless.delete(group);
    this.#graphed.delete(group);
    this.#groups--;
  }

  #empty({ groups }: Partition): void {
    for (const group of groups.values()) this.#release(group);
    groups.clear();
  }

  #forget(partition: Partition): void {
    this.waiting.takeAll(partition);
    this.partitions.delete(partition.key);
  }

  #touch(group: Group): void {
    group.partition.changed = true;
    this.#watch(group);
  }

  #watch(group: Group): void {
    if (group.graph) this.#graphed.add(group);
    else this.#graphed.delete(group);
    if (group.graph || group.flat.length > this.#options.flatMax) this.#restless.add(group);
  }
}
