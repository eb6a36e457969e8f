import type { EntryId, Fingerprint, PartitionKey } from '@nearhit/core';
import type { VectorArena } from './arena.ts';
import { Graph, type HnswOptions } from './graph.ts';
import { TopK } from './top-k.ts';

/** One stored vector: in the arena (`slot` >= 0, `at` its place in `flat`) or in the graph (`slot` -1, `at` its label). */
export interface Member {
  readonly id: EntryId;
  readonly group: Group;
  slot: number;
  at: number;
}

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

export interface GroupOptions {
  /** Vectors that are scanned rather than kept in a graph. */
  readonly flatMax: number;
  readonly hnsw: HnswOptions;
}

/** Copy of the live part of a graph, growing while the old one goes on serving. */
interface Rebuild {
  readonly next: Graph<Member>;
  /** Old label to new, -1 where not copied. */
  readonly labels: Int32Array;
  copied: number;
}

/** A graph is rebuilt when this share of it is deleted. */
const DELETED_SHARE_MAX = 0.2;
/** Moving a vector out of a small graph is cheap next to an insert. */
const DISSOLVE_PER_STEP = 8;

/**
 * Vectors of one partition and fingerprint. Every vector is in one of two places, and a search looks into both: `flat`,
 * scanned exactly, where each new one lands; and, once there are more than `flatMax`, a graph, into which `step` moves
 * them one by one. So an add is searchable at once, whatever the graph's pace.
 */
export class Group {
  readonly partition: Partition;
  readonly fingerprint: Fingerprint;
  readonly #arena: VectorArena;
  readonly #options: GroupOptions;
  flat: Member[] = [];
  graph: Graph<Member> | undefined;
  #rebuild: Rebuild | undefined;

  constructor(partition: Partition, fingerprint: Fingerprint, arena: VectorArena, options: GroupOptions) {
    this.partition = partition;
    this.fingerprint = fingerprint;
    this.#arena = arena;
    this.#options = options;
  }

  get size(): number {
    return this.flat.length + (this.graph?.live ?? 0);
  }

  get graphBytes(): number {
    return (this.graph?.bytes ?? 0) + (this.#rebuild?.next.bytes ?? 0);
  }

  /** So many wait for the graph that a scan takes too long: adding has to wait for `step`. */
  get overfull(): boolean {
    return this.flat.length > 2 * this.#options.flatMax;
  }

  add(id: EntryId, vector: ArrayLike<number>): Member {
    const member: Member = { id, group: this, slot: this.#arena.put(vector), at: this.flat.length };
    // A first push would make room for 17, and most groups stay at one.
    if (member.at === 0) this.flat = [member];
    else this.flat.push(member);
    return member;
  }

  remove(member: Member): void {
    if (member.slot >= 0) {
      this.#takeFlat(member);
      return;
    }
    const copy = this.#rebuild?.labels[member.at] ?? -1;
    if (copy >= 0) this.#rebuild?.next.remove(copy);
    this.graph?.remove(member.at);
  }

  holds(member: Member, vector: ArrayLike<number>): boolean {
    const held = member.slot >= 0 ? this.#arena.at(member.slot) : (this.graph as Graph<Member>).vector(member.at);
    for (let i = 0; i < held.length; i++) if (held[i] !== vector[i]) return false;
    return true;
  }

  nearest(query: Float32Array, k: number): TopK {
    const top = new TopK(k);
    for (const member of this.flat) top.offer(member, this.#arena.dot(query, member.slot));
    this.graph?.search(toNumbers(query), k, top);
    return top;
  }

  forEach(visit: (member: Member) => void): void {
    for (const member of this.flat) visit(member);
    if (this.graph) for (const member of this.graph.members) if (member) visit(member);
  }

  /** Gives back all its memory, also what the garbage collector does not see. It is empty then and forgotten. */
  release(): void {
    for (const member of this.flat) this.#arena.free(member.slot);
    this.flat = [];
    this.graph?.dispose();
    this.graph = undefined;
    this.#rebuild?.next.dispose();
    this.#rebuild = undefined;
  }

  /** One piece of upkeep, 1 ms or so. False when there is nothing to do. */
  step(): boolean {
    if (this.#rebuild) return this.#copyOne(this.#rebuild);
    const { graph } = this;
    if (!graph) {
      if (this.flat.length <= this.#options.flatMax) return false;
      this.graph = this.#newGraph();
      return true;
    }
    if (this.size <= this.#options.flatMax / 2) return this.#dissolve(graph);
    if (graph.deleted > DELETED_SHARE_MAX * graph.members.length) {
      this.#rebuild = { next: this.#newGraph(), labels: new Int32Array(graph.members.length).fill(-1), copied: 0 };
      return true;
    }
    return this.#moveOne(graph);
  }

  #newGraph(): Graph<Member> {
    return new Graph(this.#arena.dimensions, this.#options.hnsw);
  }

  #takeFlat(member: Member): void {
    this.#arena.free(member.slot);
    const last = this.flat.pop() as Member;
    if (last === member) return;
    this.flat[member.at] = last;
    last.at = member.at;
  }

  /** From the flat part into the graph. */
  #moveOne(graph: Graph<Member>): boolean {
    const member = this.flat.at(-1);
    if (!member) return false;
    graph.add(member, toNumbers(this.#arena.at(member.slot)));
    this.#takeFlat(member);
    member.slot = -1;
    member.at = graph.members.length - 1;
    return true;
  }

  #copyOne(rebuild: Rebuild): boolean {
    const { members } = this.graph as Graph<Member>;
    while (rebuild.copied < members.length) {
      const label = rebuild.copied++;
      const member = members[label];
      if (!member) continue;
      rebuild.labels[label] = rebuild.next.members.length;
      rebuild.next.add(member, (this.graph as Graph<Member>).vector(label));
      return true;
    }
    for (const [label, member] of rebuild.next.members.entries()) if (member) member.at = label;
    this.graph?.dispose();
    this.graph = rebuild.next;
    this.#rebuild = undefined;
    return true;
  }

  /** The group has become small: its vectors go back to the flat part, then the graph is dropped. */
  #dissolve(graph: Graph<Member>): boolean {
    for (let moved = 0; moved < DISSOLVE_PER_STEP && graph.live > 0; moved++) {
      const label = graph.lastLive();
      const member = graph.members[label] as Member;
      member.slot = this.#arena.put(graph.vector(label));
      member.at = this.flat.push(member) - 1;
      graph.remove(label);
    }
    if (graph.live === 0) {
      graph.dispose();
      this.graph = undefined;
    }
    return true;
  }
}

/** hnswlib-node takes plain arrays only. Nine times as fast as `Array.from`. */
function toNumbers(vector: Float32Array): number[] {
  const numbers = new Array<number>(vector.length);
  for (let i = 0; i < vector.length; i++) numbers[i] = vector[i] as number;
  return numbers;
}
