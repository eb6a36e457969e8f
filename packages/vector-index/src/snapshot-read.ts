import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Graph, readHnsw } from './graph.ts';
import type { GroupOptions, Member } from './group.ts';
import { type FileRef, type Group, type Partition, Partitions } from './partitions.ts';
import { checksum, type GraphRecord, type Manifest, type PartRecord, readManifest } from './snapshot-files.ts';

export interface Restored {
  readonly partitions: Partitions;
  /** Undefined when nothing was restored. */
  readonly manifest: Manifest | undefined;
  /** Why a snapshot that is there was not used. */
  readonly ignored: string | null;
}

/** The snapshot in the folder, whole or not at all. Never throws: what cannot be used is as good as not there. */
export async function restore(dir: string, dimensions: number, options: GroupOptions): Promise<Restored> {
  try {
    const manifest = await readManifest(dir, dimensions);
    const partitions = new Partitions(dimensions, options);
    if (manifest) await new Reader(dir, manifest, partitions, options).read();
    return { partitions, manifest, ignored: null };
  } catch (error) {
    const ignored = error instanceof Error ? error.message : String(error);
    return { partitions: new Partitions(dimensions, options), manifest: undefined, ignored };
  }
}

interface GraphIds {
  readonly group: Group;
  readonly labels: number;
  readonly ids: (Member['id'] | null)[];
}

class Reader {
  readonly #dir: string;
  readonly #files: Map<string, FileRef>;
  readonly #partitions: Partitions;
  readonly #options: GroupOptions;

  constructor(dir: string, manifest: Manifest, partitions: Partitions, options: GroupOptions) {
    this.#dir = dir;
    this.#files = new Map(manifest.files.map((file) => [file.name, file]));
    this.#partitions = partitions;
    this.#options = options;
  }

  async read(): Promise<void> {
    for (const file of this.#files.values()) if (file.name.endsWith('.part')) await this.#readPart(file);
    // Reading counts as changing; undo that only when everything is in.
    for (const [partition, file] of this.#read) partition.file = file;
  }

  readonly #read: [Partition, FileRef][] = [];

  async #readPart(file: FileRef): Promise<void> {
    const bytes = await readFile(join(this.#dir, file.name));
    if (bytes.length !== file.bytes || crc32(bytes) !== file.crc32) throw new Error(`${file.name} is damaged`);
    const graphs = new Map<string, GraphIds>();
    let partition: Partition['key'] | undefined;
    for (let at = 0; at < bytes.length; ) {
      const jsonAt = at + 4;
      at = jsonAt + bytes.readUInt32LE(at);
      const record = JSON.parse(bytes.toString('utf8', jsonAt, at)) as PartRecord;
      if ('partition' in record) partition = record.partition;
      else if (partition === undefined) throw new Error(`${file.name} names no partition`);
      else {
        const group = this.#partitions.group(partition, record.fingerprint);
        if ('graph' in record) collect(graphs, group, record);
        else at = this.#readVectors(group, record.ids, bytes, at);
      }
    }
    for (const [name, graph] of graphs) await this.#readGraph(name, graph);
    const found = partition === undefined ? undefined : this.#partitions.partitions.get(partition);
    if (found) this.#read.push([found, file]);
  }

  #readVectors(group: Group, ids: readonly Member['id'][], bytes: Buffer, start: number): number {
    const { dimensions } = this.#partitions.arena;
    const vector = new Float32Array(dimensions);
    const raw = new Uint8Array(vector.buffer);
    let at = start;
    for (const id of ids) {
      raw.set(bytes.subarray(at, at + raw.length));
      at += raw.length;
      this.#partitions.adopt(group.add(id, vector));
    }
    return at;
  }

  async #readGraph(name: string, { group, labels, ids }: GraphIds): Promise<void> {
    const file = this.#files.get(name);
    const path = join(this.#dir, name);
    // hnswlib trusts the links that it reads, so the bytes must be known to be right before.
    const found = file && (await checksum(path));
    if (found?.bytes !== file?.bytes || found?.crc32 !== file?.crc32) throw new Error(`${name} is damaged`);
    if (ids.length !== labels) throw new Error(`${name} has ${labels} labels, but ${ids.length} ids`);
    const hnsw = await readHnsw(path, this.#partitions.arena.dimensions, labels);
    const members = ids.map((id, label) => (id === null ? undefined : { id, group, slot: -1, at: label }));
    group.graph = new Graph(this.#partitions.arena.dimensions, this.#options.hnsw, { hnsw, members });
    group.graph.file = file;
    for (const member of members) if (member) this.#partitions.adopt(member);
  }
}

function collect(graphs: Map<string, GraphIds>, group: Group, record: GraphRecord): void {
  const known = graphs.get(record.graph);
  if (known) known.ids.push(...record.ids);
  else graphs.set(record.graph, { group, labels: record.labels, ids: [...record.ids] });
}
