import { open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { EntryId } from '@nearhit/core';
import type { Graph } from './graph.ts';
import type { Group } from './group.ts';
import { assertWholeHnswFile } from './hnsw-file.ts';
import type { FileRef, Partition, Partitions } from './partitions.ts';
import {
  BlockWriter,
  checksum,
  MANIFEST,
  type Manifest,
  manifestText,
  SNAPSHOT_FILE,
  SNAPSHOT_FORMAT,
} from './snapshot-files.ts';

const VECTORS_PER_RECORD = 256;
const LABELS_PER_RECORD = 4096;

/** Keeps the snapshots of one folder. Nobody may change the partitions while `write` runs; searching is safe. */
export class SnapshotWriter {
  readonly #dir: string;
  readonly #dimensions: number;
  /** What lies in the folder. */
  #current: Manifest | undefined;
  #generation: number;

  constructor(dir: string, dimensions: number, current: Manifest | undefined) {
    this.#dir = dir;
    this.#dimensions = dimensions;
    this.#current = current;
    this.#generation = current?.generation ?? 0;
  }

  /** Throws what the file system says; the snapshot before is then still whole. */
  async write(partitions: Partitions, position: number): Promise<void> {
    const files: FileRef[] = [];
    try {
      await this.#writeFiles(partitions, files);
    } catch (error) {
      // A half-written file must not go on filling a disk that may be full.
      await this.#tidy([...(this.#current?.files ?? []), ...files]).catch(() => undefined);
      throw error;
    }
    if (this.#current?.position === position && sameFiles(this.#current.files, files)) return;
    await this.#publish({
      format: SNAPSHOT_FORMAT,
      dimensions: this.#dimensions,
      endianness: endianness(),
      position,
      generation: this.#generation,
      files,
    });
    await this.#tidy(files);
  }

  /** Fills `files` with what the snapshot consists of. */
  async #writeFiles(partitions: Partitions, files: FileRef[]): Promise<void> {
    const named = new Files(this.#dir, await this.#nextGeneration());
    for (const partition of partitions.partitions.values()) {
      for (const group of partition.groups.values()) {
        if (group.graph) files.push(await graphFile(group.graph, named));
      }
      partition.file ??= await partFile(partition, partitions, named);
      files.push(partition.file);
    }
  }

  /** The manifest goes first: files that none names are no snapshot. */
  async clear(): Promise<void> {
    await rm(join(this.#dir, MANIFEST), { force: true });
    await syncFolder(this.#dir);
    this.#current = undefined;
    await this.#tidy([]);
  }

  async #publish(manifest: Manifest): Promise<void> {
    const temporary = join(this.#dir, `${MANIFEST}.tmp`);
    const handle = await open(temporary, 'w');
    try {
      await handle.writeFile(manifestText(manifest));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, join(this.#dir, MANIFEST));
    await syncFolder(this.#dir);
    this.#current = manifest;
  }

  /** One more than any file in the folder has, those of a snapshot that was never finished or not understood included. */
  async #nextGeneration(): Promise<number> {
    for (const name of await readdir(this.#dir)) {
      const generation = SNAPSHOT_FILE.test(name) ? Number.parseInt(name.slice(1), 10) : 0;
      if (generation > this.#generation) this.#generation = generation;
    }
    return ++this.#generation;
  }

  async #tidy(keep: readonly FileRef[]): Promise<void> {
    const kept = new Set(keep.map((file) => file.name));
    for (const name of await readdir(this.#dir)) {
      if (SNAPSHOT_FILE.test(name) && !kept.has(name)) await unlink(join(this.#dir, name));
    }
  }
}

class Files {
  readonly #dir: string;
  readonly #generation: number;
  #count = 0;

  constructor(dir: string, generation: number) {
    this.#dir = dir;
    this.#generation = generation;
  }

  next(kind: 'part' | 'hnsw'): { name: string; path: string } {
    const name = `g${this.#generation}-${this.#count++}.${kind}`;
    return { name, path: join(this.#dir, name) };
  }
}

async function graphFile(graph: Graph<{ readonly id: EntryId }>, files: Files): Promise<FileRef> {
  if (graph.file) return graph.file;
  const { name, path } = files.next('hnsw');
  await graph.write(path);
  // hnswlib does not notice a full disk.
  await assertWholeHnswFile(path);
  graph.file = { name, ...(await checksum(path, true)) };
  return graph.file;
}

async function partFile(partition: Partition, { arena }: Partitions, files: Files): Promise<FileRef> {
  const { name, path } = files.next('part');
  const writer = await BlockWriter.create(path);
  try {
    await writer.record({ partition: partition.key });
    for (const group of partition.groups.values()) {
      await writeGraphIds(writer, group);
      for (let from = 0; from < group.flat.length; from += VECTORS_PER_RECORD) {
        const members = group.flat.slice(from, from + VECTORS_PER_RECORD);
        await writer.record({ fingerprint: group.fingerprint, ids: members.map((member) => member.id) });
        for (const member of members) {
          const vector = arena.at(member.slot);
          await writer.write(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
        }
      }
    }
    return await writer.finish(name);
  } finally {
    await writer.close();
  }
}

async function writeGraphIds(writer: BlockWriter, { graph, fingerprint }: Group): Promise<void> {
  if (!graph?.file) return;
  const labels = graph.members.length;
  for (let from = 0; from < labels; from += LABELS_PER_RECORD) {
    const ids = graph.members.slice(from, from + LABELS_PER_RECORD).map((member) => member?.id ?? null);
    await writer.record({ fingerprint, graph: graph.file.name, labels, ids });
  }
}

function sameFiles(a: readonly FileRef[], b: readonly FileRef[]): boolean {
  return a.length === b.length && a.every((file, i) => file === b[i] || file.name === b[i]?.name);
}

/** A rename is safe from a power cut only when its folder is. Windows cannot open one. */
async function syncFolder(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
