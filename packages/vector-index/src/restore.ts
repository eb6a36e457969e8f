import type { FileRef } from './partition.ts';
import { MEMBER_BYTES, type Partitions } from './partitions.ts';
import { DamagedFile, type Manifest, readManifest } from './snapshot-files.ts';
import { assertThere, idsOf, type PartContents, type PartitionReader, readPart, readWaiting } from './snapshot-read.ts';

export interface Restored {
  /** Undefined when nothing was restored. */
  readonly manifest: Manifest | undefined;
  /** Why a snapshot that is there was not used. */
  readonly ignored: string | null;
}

/**
 * The snapshot in the folder, whole or not at all. Never throws: what cannot be used is as good as not there. Partitions stay closed
 * that would take more than `bytesMax`; whether their graphs' files are right is looked at when they are opened.
 */
export async function restore(
  dir: string,
  partitions: Partitions,
  reader: PartitionReader,
  bytesMax = Number.POSITIVE_INFINITY,
): Promise<Restored> {
  try {
    const manifest = await readManifest(dir, partitions.arena.dimensions);
    if (manifest) await read(dir, manifest, partitions, reader, bytesMax);
    return { manifest, ignored: null };
  } catch (error) {
    partitions.clear();
    return { manifest: undefined, ignored: error instanceof Error ? error.message : String(error) };
  }
}

async function read(
  dir: string,
  { files, waiting, lost = [] }: Manifest,
  partitions: Partitions,
  reader: PartitionReader,
  bytesMax: number,
): Promise<void> {
  const { dimensions } = partitions.arena;
  const pending = waiting ? await readWaiting(dir, waiting, dimensions) : new Map<never, never>();
  for (const file of files) {
    if (!file.name.endsWith('.part')) continue;
    const contents = await readPart(dir, file, dimensions);
    const key = contents.partition;
    const own = [file, ...graphFiles(contents, files)];
    const ids = idsOf(contents);
    const partition = partitions.register(key, own, ids, pending.get(key) ?? new Map());
    const bytes = own.reduce((sum, one) => sum + one.bytes, ids.length * MEMBER_BYTES);
    if (lost.includes(key) || partitions.bytesInUse + bytes <= bytesMax) {
      partitions.open(partition, await reader.read(partition, contents));
    } else await assertThere(dir, own);
    pending.delete(key);
  }
  if (pending.size > 0) throw new DamagedFile('changes wait for a partition that is not there');
  for (const key of lost) partitions.markLost(key);
}

function graphFiles({ graphs }: PartContents, files: readonly FileRef[]): FileRef[] {
  return [...graphs.keys()].map((name) => {
    const file = files.find((one) => one.name === name);
    if (!file) throw new DamagedFile(`${name} is not in the manifest`);
    return file;
  });
}
