import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EntryId, Fingerprint, PartitionKey } from '@nearhit/core';
import type { VectorArena } from './arena.ts';
import type { Gate } from './gate.ts';
import { Graph, readHnsw } from './graph.ts';
import { Group, type GroupOptions, type Member } from './group.ts';
import { Pace } from './pace.ts';
import type { FileRef, Partition, Pending } from './partition.ts';
import { checksum, DamagedFile, eachRecord, type FlatRecord, type GraphRecord, readWhole } from './snapshot-files.ts';

interface VectorRun {
  readonly fingerprint: Fingerprint;
  readonly ids: readonly EntryId[];
  /** Where the first vector begins. */
  readonly at: number;
}

interface GraphIds {
  readonly fingerprint: Fingerprint;
  readonly labels: number;
  readonly ids: (EntryId | null)[];
}

/** What a `.part` file says. */
export interface PartContents {
  readonly partition: PartitionKey;
  readonly bytes: Buffer;
  readonly runs: readonly VectorRun[];
  /** By the name of the graph's file. */
  readonly graphs: ReadonlyMap<string, GraphIds>;
}

export async function readPart(dir: string, file: FileRef, dimensions: number): Promise<PartContents> {
  const bytes = await readWhole(dir, file);
  const runs: VectorRun[] = [];
  const graphs = new Map<string, GraphIds>();
  let partition: PartitionKey | undefined;
  await eachRecord(bytes, (record, at) => {
    if ('partition' in record) partition = record.partition;
    else if ('graph' in record) collect(graphs, record);
    else if ('ids' in record) {
      runs.push({ fingerprint: record.fingerprint, ids: record.ids, at });
      return afterVectors(record, at, dimensions);
    }
    return at;
  });
  if (partition === undefined) throw new DamagedFile(`${file.name} names no partition`);
  return { partition, bytes, runs, graphs };
}

export function idsOf({ runs, graphs }: PartContents): EntryId[] {
  const inGraphs = [...graphs.values()].flatMap(({ ids }) => ids.filter((id) => id !== null));
  return [...runs.flatMap(({ ids }) => ids), ...inGraphs];
}

/** What waited for closed partitions. */
export async function readWaiting(dir: string, file: FileRef, dimensions: number): Promise<Map<PartitionKey, Pending>> {
  const bytes = await readWhole(dir, file);
  const waiting = new Map<PartitionKey, Pending>();
  let pending: Pending = new Map();
  await eachRecord(bytes, (record, at) => {
    if ('partition' in record) {
      pending = new Map();
      waiting.set(record.partition, pending);
    } else if ('removed' in record) {
      for (const id of record.removed) pending.set(id, undefined);
    } else if (!('graph' in record)) {
      const { fingerprint, ids } = record;
      for (const [i, id] of ids.entries()) {
        pending.set(id, { fingerprint, vector: vectorAt(bytes, at + i * dimensions * 4, dimensions) });
      }
      return afterVectors(record, at, dimensions);
    }
    return at;
  });
  return waiting;
}

/** Throws unless the graphs' files are there and as long as they should be. */
export async function assertThere(dir: string, files: readonly FileRef[]): Promise<void> {
  for (const file of files) {
    const { size } = await stat(join(dir, file.name));
    if (size !== file.bytes) throw new DamagedFile(`${file.name} is damaged`);
  }
}

/** Makes the groups of a partition from its files. They belong to nobody yet: whoever does not use them releases them. */
export class PartitionReader {
  readonly #dir: string;
  readonly #arena: VectorArena;
  readonly #options: GroupOptions;
  readonly #gate: Gate;

  constructor(dir: string, arena: VectorArena, options: GroupOptions, gate: Gate) {
    this.#dir = dir;
    this.#arena = arena;
    this.#options = options;
    this.#gate = gate;
  }

  /** Without `contents`, reads those too. Gives way to others as it goes. */
  async read(partition: Partition, contents?: PartContents): Promise<Map<Fingerprint, Group>> {
    const [part, ...graphFiles] = partition.files;
    if (!part) throw new DamagedFile('no file of it is known');
    const { bytes, runs, graphs } = contents ?? (await readPart(this.#dir, part, this.#arena.dimensions));
    const groups = new Map<Fingerprint, Group>();
    const group = (fingerprint: Fingerprint) => {
      const made = groups.get(fingerprint) ?? new Group(partition, fingerprint, this.#arena, this.#options);
      groups.set(fingerprint, made);
      return made;
    };
    try {
      const pace = new Pace();
      for (const run of runs) {
        this.#addRun(group(run.fingerprint), run, bytes);
        await pace.rest();
      }
      for (const [name, graph] of graphs) {
        const file = graphFiles.find((one) => one.name === name);
        await this.#addGraph(group(graph.fingerprint), name, file, graph);
      }
      return groups;
    } catch (error) {
      for (const made of groups.values()) made.release();
      throw error;
    }
  }

  #addRun(group: Group, { ids, at }: VectorRun, bytes: Buffer): void {
    const { dimensions } = this.#arena;
    for (const [i, id] of ids.entries()) group.add(id, vectorAt(bytes, at + i * dimensions * 4, dimensions));
  }

  async #addGraph(group: Group, name: string, file: FileRef | undefined, { labels, ids }: GraphIds): Promise<void> {
    const { dimensions } = this.#arena;
    const path = join(this.#dir, name);
    // hnswlib trusts the links that it reads, so the bytes must be known to be right before.
    const found = file && (await checksum(path));
    if (!file || found?.bytes !== file.bytes || found.crc32 !== file.crc32) {
      throw new DamagedFile(`${name} is damaged`);
    }
    if (ids.length !== labels) throw new DamagedFile(`${name} has ${labels} labels, but ${ids.length} ids`);
    const hnsw = await this.#gate.runAsync(() => readHnsw(path, dimensions, labels));
    const members = ids.map((id, label): Member | undefined =>
      id === null ? undefined : { id, group, slot: -1, at: label },
    );
    group.graph = new Graph(dimensions, this.#options.hnsw, { hnsw, members });
    group.graph.file = file;
  }
}

function vectorAt(bytes: Buffer, at: number, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  // Copied: the place in the file need not be one that a Float32Array may begin at.
  new Uint8Array(vector.buffer).set(bytes.subarray(at, at + vector.byteLength));
  return vector;
}

function afterVectors({ ids }: FlatRecord, at: number, dimensions: number): number {
  return at + ids.length * dimensions * 4;
}

function collect(graphs: Map<string, GraphIds>, { graph, fingerprint, labels, ids }: GraphRecord): void {
  const known = graphs.get(graph);
  if (known) for (const id of ids) known.ids.push(id);
  else graphs.set(graph, { fingerprint, labels, ids: [...ids] });
}
