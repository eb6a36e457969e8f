import { open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { PartitionKey } from '@nearhit/core';
import type { FileRef, Partition } from './partition.ts';
import { NewFiles, waitingFile, writePartition } from './partition-write.ts';
import type { Partitions } from './partitions.ts';
import { MANIFEST, type Manifest, manifestText, SNAPSHOT_FILE, SNAPSHOT_FORMAT } from './snapshot-files.ts';

type Contents = Required<Pick<Manifest, 'files' | 'waiting' | 'lost'>>;

/** Keeps the files of one folder. Nothing may be applied and nothing closed while it writes; searching and opening are safe. */
export class SnapshotWriter {
  readonly #dir: string;
  readonly #partitions: Partitions;
  /** What lies in the folder. */
  #current: Manifest | undefined;
  #names: NewFiles | undefined;
  /** As last written, and of which version of what waits. */
  #waiting: { readonly version: number; readonly file: FileRef } | undefined;

  constructor(dir: string, partitions: Partitions, current: Manifest | undefined) {
    this.#dir = dir;
    this.#partitions = partitions;
    this.#current = current;
  }

  /** Throws what the file system says; the snapshot before is then still whole. */
  async write(position: number): Promise<void> {
    await this.#writing(async (names) => {
      const contents = await this.#contents(names);
      if (this.#current?.position === position && same(this.#current, contents)) return;
      await this.#publish({
        format: SNAPSHOT_FORMAT,
        dimensions: this.#partitions.arena.dimensions,
        endianness: endianness(),
        position,
        generation: names.generation,
        ...contents,
      });
      await this.#tidy();
    });
  }

  /** Brings the files of one open partition up to date. No snapshot names them before the next one; they last as long as the process. */
  async writeOne(partition: Partition): Promise<void> {
    const before = partition.files;
    await this.#writing((names) => writePartition(partition, this.#partitions.arena, names));
    const kept = new Set([...partition.files, ...this.#published()].map(({ name }) => name));
    for (const { name } of before) if (!kept.has(name)) await rm(join(this.#dir, name), { force: true });
  }

  /** The manifest goes first: files that none names are no snapshot. `forget` empties the partitions when that has succeeded. */
  async clear(forget: () => void): Promise<void> {
    await rm(join(this.#dir, MANIFEST), { force: true });
    await syncFolder(this.#dir);
    this.#current = undefined;
    forget();
    await this.#tidy();
  }

  async #writing(work: (names: NewFiles) => Promise<void>): Promise<void> {
    try {
      this.#names ??= new NewFiles(this.#dir, await this.#newGeneration());
      await work(this.#names);
    } catch (error) {
      this.#waiting = undefined;
      // A half-written file must not go on filling a disk that may be full.
      await this.#tidy().catch(() => undefined);
      throw error;
    }
  }

  async #contents(names: NewFiles): Promise<Contents> {
    const lost = this.#lost();
    // Before the partitions: one that opens meanwhile takes its changes along, and having them twice does no harm.
    const waiting = await this.#waitingFile(names);
    const files: FileRef[] = [];
    for (const partition of [...this.#partitions.partitions.values()].sort(recentFirst)) {
      if (partition.open) await writePartition(partition, this.#partitions.arena, names);
      files.push(...partition.files);
    }
    // One that was found damaged meanwhile may be among the files.
    return this.#lost().length === lost.length ? { files, waiting, lost } : this.#contents(names);
  }

  async #waitingFile(names: NewFiles): Promise<FileRef | null> {
    const { waiting } = this.#partitions;
    if (waiting.count === 0) return null;
    const { version } = waiting;
    if (this.#waiting?.version !== version) this.#waiting = { version, file: await waitingFile(waiting.copy(), names) };
    return this.#waiting.file;
  }

  #lost(): PartitionKey[] {
    return [...this.#partitions.partitions.values()].filter(({ lost }) => lost).map(({ key }) => key);
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
    this.#current = manifest;
    await syncFolder(this.#dir);
  }

  /** One more than any file in the folder has, those of a snapshot that was never finished or not understood included. */
  async #newGeneration(): Promise<number> {
    let highest = this.#current?.generation ?? 0;
    for (const name of await readdir(this.#dir)) {
      if (SNAPSHOT_FILE.test(name)) highest = Math.max(highest, Number.parseInt(name.slice(1), 10) || 0);
    }
    return highest + 1;
  }

  #published(): FileRef[] {
    const { files = [], waiting } = this.#current ?? {};
    return waiting ? [...files, waiting] : [...files];
  }

  async #tidy(): Promise<void> {
    const kept = new Set(this.#published().map(({ name }) => name));
    for (const { files, groups } of this.#partitions.partitions.values()) {
      for (const { name } of files) kept.add(name);
      for (const { graph } of groups.values()) if (graph?.file) kept.add(graph.file.name);
    }
    for (const name of await readdir(this.#dir)) {
      if (SNAPSHOT_FILE.test(name) && !kept.has(name)) await unlink(join(this.#dir, name));
    }
  }
}

function recentFirst(a: Partition, b: Partition): number {
  return a.searchedAtMs === b.searchedAtMs ? 0 : b.searchedAtMs - a.searchedAtMs;
}

function same(a: Manifest, b: Contents): boolean {
  const names = ({ files, waiting, lost = [] }: Manifest | Contents) =>
    [...files.map(({ name }) => name), waiting?.name, ...lost].sort().join();
  return names(a) === names(b);
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
