import { join } from 'node:path';
import type { EntryId, Fingerprint } from '@nearhit/core';
import type { VectorArena } from './arena.ts';
import type { Graph } from './graph.ts';
import type { Group, Member } from './group.ts';
import { assertWholeHnswFile } from './hnsw-file.ts';
import type { FileRef, Partition, PendingAdd } from './partition.ts';
import { BlockWriter, checksum } from './snapshot-files.ts';

const VECTORS_PER_RECORD = 256;
const LABELS_PER_RECORD = 4096;

/** Names that no file of the folder has had while this process runs. */
export class NewFiles {
  readonly generation: number;
  readonly #dir: string;
  #count = 0;

  constructor(dir: string, generation: number) {
    this.#dir = dir;
    this.generation = generation;
  }

  next(kind: 'part' | 'hnsw' | 'wait'): { name: string; path: string } {
    const name = `g${this.generation}-${this.#count++}.${kind}`;
    return { name, path: join(this.#dir, name) };
  }
}

/** Brings the files of an open partition up to date; what has not changed is not written again. */
export async function writePartition(partition: Partition, arena: VectorArena, names: NewFiles): Promise<void> {
  if (!partition.changed) return;
  const graphs: FileRef[] = [];
  for (const { graph } of partition.groups.values()) if (graph) graphs.push(await graphFile(graph, names));
  partition.files = [await partFile(partition, arena, names), ...graphs];
  partition.changed = false;
}

async function graphFile(graph: Graph<Member>, names: NewFiles): Promise<FileRef> {
  if (graph.file) return graph.file;
  const { name, path } = names.next('hnsw');
  await graph.write(path);
  // hnswlib does not notice a full disk.
  await assertWholeHnswFile(path);
  graph.file = { name, ...(await checksum(path, true)) };
  return graph.file;
}

async function partFile(partition: Partition, arena: VectorArena, names: NewFiles): Promise<FileRef> {
  return writtenFile(names, 'part', async (writer) => {
    await writer.record({ partition: partition.key });
    for (const group of partition.groups.values()) {
      await writeGraphIds(writer, group);
      const vector = (member: Member) => arena.at(member.slot);
      await writeVectors(writer, group.fingerprint, group.flat, vector);
    }
  });
}

/** What waits for closed partitions, see `Waiting.copy`. */
export async function waitingFile(
  waiting: readonly [Partition, (readonly [EntryId, PendingAdd | undefined])[]][],
  names: NewFiles,
): Promise<FileRef> {
  return writtenFile(names, 'wait', async (writer) => {
    for (const [{ key }, changes] of waiting) {
      await writer.record({ partition: key });
      await writer.record({ removed: changes.filter(([, add]) => !add).map(([id]) => id) });
      const adds = new Map<Fingerprint, { id: EntryId; vector: Float32Array }[]>();
      for (const [id, add] of changes) {
        if (!add) continue;
        const alike = adds.get(add.fingerprint);
        if (alike) alike.push({ id, vector: add.vector });
        else adds.set(add.fingerprint, [{ id, vector: add.vector }]);
      }
      for (const [fingerprint, alike] of adds) await writeVectors(writer, fingerprint, alike, (add) => add.vector);
    }
  });
}

async function writtenFile(
  names: NewFiles,
  kind: 'part' | 'wait',
  write: (writer: BlockWriter) => Promise<void>,
): Promise<FileRef> {
  const { name, path } = names.next(kind);
  const writer = await BlockWriter.create(path);
  try {
    await write(writer);
    return await writer.finish(name);
  } finally {
    await writer.close();
  }
}

async function writeVectors<T extends { readonly id: EntryId }>(
  writer: BlockWriter,
  fingerprint: Fingerprint,
  entries: readonly T[],
  vectorOf: (entry: T) => Float32Array,
): Promise<void> {
  for (let from = 0; from < entries.length; from += VECTORS_PER_RECORD) {
    const some = entries.slice(from, from + VECTORS_PER_RECORD);
    await writer.record({ fingerprint, ids: some.map(({ id }) => id) });
    for (const entry of some) {
      const vector = vectorOf(entry);
      await writer.write(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
    }
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
