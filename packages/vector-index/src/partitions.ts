import type { EntryId, Fingerprint, IndexChange, NearestQuery, Neighbour, PartitionKey } from '@nearhit/core';
import { VectorArena } from './arena.ts';
import { Group, type GroupOptions, type Member } from './group.ts';

export type { Group };

export interface FileRef {
  readonly name: string;
  readonly bytes: number;
  readonly crc32: number;
}

export interface Partition {
  readonly key: PartitionKey;
  readonly groups: Map<Fingerprint, Group>;
  /** Where its members were last written; undefined when they have changed since. */
  file: FileRef | undefined;
}

/** What a member and a group cost besides the vectors: ids, records, places in the maps. Estimated for 64-digit ids. */
const MEMBER_BYTES = 220;
const GROUP_BYTES = 500;

/** All vectors of one process. Synchronous; whoever calls it sees to it that a call is short. */
export class Partitions {
  readonly arena: VectorArena;
  readonly partitions = new Map<PartitionKey, Partition>();
  readonly #options: GroupOptions;
  readonly #members = new Map<EntryId, Member>();
  /** Groups whose `step` may have something to do. */
  readonly #restless = new Set<Group>();

  constructor(dimensions: number, options: GroupOptions) {
    this.arena = new VectorArena(dimensions);
    this.#options = options;
  }

  nearest({ partition, fingerprint, vector, k }: NearestQuery): Neighbour[] {
    const group = this.partitions.get(partition)?.groups.get(fingerprint);
    return group && k > 0 ? group.nearest(vector, k).toNeighbours() : [];
  }

  /** Answers a group that cannot take more before its upkeep has caught up. */
  apply(change: IndexChange): Group | undefined {
    const known = this.#members.get(change.id);
    if (change.kind === 'remove') {
      if (known) this.#remove(known);
      return undefined;
    }
    const { id, partition, fingerprint, vector } = change;
    // The log is read again from the last snapshot on: what is there already must not cost an insert.
    if (known && known.group === this.#find(partition, fingerprint) && known.group.holds(known, vector))
      return undefined;
    if (known) this.#remove(known);
    const group = this.group(partition, fingerprint);
    this.adopt(group.add(id, vector));
    return group.overfull ? group : undefined;
  }

  /** The group, made when it was not there. */
  group(key: PartitionKey, fingerprint: Fingerprint): Group {
    let partition = this.partitions.get(key);
    if (!partition) {
      partition = { key, groups: new Map(), file: undefined };
      this.partitions.set(key, partition);
    }
    let group = partition.groups.get(fingerprint);
    if (!group) {
      group = new Group(key, fingerprint, this.arena, this.#options);
      partition.groups.set(fingerprint, group);
    }
    return group;
  }

  /** Registers a member that its group holds already. Throws when the id is taken. */
  adopt(member: Member): void {
    if (this.#members.has(member.id)) throw new Error(`id ${member.id} twice`);
    this.#members.set(member.id, member);
    this.#touch(member.group);
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

  /** Frees the graphs' memory; nothing else may be called afterwards. */
  dispose(): void {
    for (const { groups } of this.partitions.values()) for (const group of groups.values()) group.dispose();
  }

  ids(): EntryId[] {
    return [...this.#members.keys()];
  }

  stats() {
    let graphs = 0;
    let inGraphs = 0;
    let graphBytes = 0;
    let groupCount = 0;
    for (const { groups } of this.partitions.values()) {
      groupCount += groups.size;
      for (const group of groups.values()) {
        if (!group.graph) continue;
        graphs++;
        inGraphs += group.graph.live;
        graphBytes += group.graphBytes;
      }
    }
    const vectors = this.#members.size;
    const bytes = this.arena.bytes + graphBytes + vectors * MEMBER_BYTES + groupCount * GROUP_BYTES;
    return { vectors, partitions: this.partitions.size, bytes, graphs, inGraphs, settled: this.#restless.size === 0 };
  }

  #find(partition: PartitionKey, fingerprint: Fingerprint): Group | undefined {
    return this.partitions.get(partition)?.groups.get(fingerprint);
  }

  #remove(member: Member): void {
    const { group } = member;
    group.remove(member);
    this.#members.delete(member.id);
    this.#touch(group);
    if (group.size > 0) return;
    group.dispose();
    this.#restless.delete(group);
    const partition = this.partitions.get(group.partition);
    partition?.groups.delete(group.fingerprint);
    if (partition?.groups.size === 0) this.partitions.delete(group.partition);
  }

  #touch(group: Group): void {
    const partition = this.partitions.get(group.partition);
    if (partition) partition.file = undefined;
    if (group.graph || group.flat.length > this.#options.flatMax) this.#restless.add(group);
  }
}
