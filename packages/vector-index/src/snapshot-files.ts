import { open, readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { EntryId, Fingerprint, PartitionKey } from '@nearhit/core';
import { Pace } from './pace.ts';
import type { FileRef } from './partition.ts';

/**
 * A snapshot is a manifest and the files that it names: per partition a `.part` (ids and scanned vectors), per graph a `.hnsw`.
 * Files are never written again under the same name, and the manifest is renamed into place last, so that the one before stays whole
 * until then. A file that has not changed since is named again by the next manifest. What waits for closed partitions is in one
 * `.wait` file, so that none of them has to be opened for a snapshot.
 */
export const SNAPSHOT_FORMAT = 2;
/** Knows of no closed partitions; read as it is. */
const FORMAT_WITHOUT_WAITING = 1;
export const MANIFEST = 'manifest.json';
export const SNAPSHOT_FILE = /^g\d+-\d+\.(?:part|hnsw|wait)$|^manifest\.json\.tmp$/;

export interface Manifest {
  readonly format: number;
  readonly dimensions: number;
  readonly endianness: string;
  /** Position in the change log. */
  readonly position: number;
  /** Counts the snapshots of this folder; begins the names of the files written for it. */
  readonly generation: number;
  /** Partition by partition, the most recently searched first. */
  readonly files: readonly FileRef[];
  /** Absent or null when nothing waits. */
  readonly waiting?: FileRef | null;
  /** Partitions of which the files do not hold all, see `Partition`. */
  readonly lost?: readonly PartitionKey[];
}

/** A stretch of a graph's labels, in order; null where deleted. */
export interface GraphRecord {
  readonly fingerprint: Fingerprint;
  readonly graph: string;
  /** How many the graph has. */
  readonly labels: number;
  readonly ids: readonly (EntryId | null)[];
}

/** Followed by `ids.length` vectors. */
export interface FlatRecord {
  readonly fingerprint: Fingerprint;
  readonly ids: readonly EntryId[];
}

/** Ids that the partition's own file may still hold. */
export interface RemovedRecord {
  readonly removed: readonly EntryId[];
}

/**
 * A `.part` file is a run of u32 length, record as JSON, payload. The first one names the partition. In a `.wait` file several
 * partitions follow one another.
 */
export type PartRecord = { readonly partition: PartitionKey } | FlatRecord | GraphRecord | RemovedRecord;

/** A file of a snapshot is not what was written, or its disk no longer has it. */
export class DamagedFile extends Error {}

/** Whether reading again may help: not when the file is gone or not what it was. */
export function isDamage(error: unknown): boolean {
  return error instanceof DamagedFile || (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}

export function manifestText(manifest: Manifest): string {
  const body = JSON.stringify(manifest);
  return `${JSON.stringify({ crc32: crc32(body) })}\n${body}\n`;
}

/** Undefined when there is none. Throws when it cannot be used. */
export async function readManifest(dir: string, dimensions: number): Promise<Manifest | undefined> {
  const text = await readFile(join(dir, MANIFEST), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const [head = '', body = ''] = text.split('\n');
  if (JSON.parse(head).crc32 !== crc32(body)) throw new Error('the manifest is damaged');
  const manifest = JSON.parse(body) as Manifest;
  if (manifest.format !== SNAPSHOT_FORMAT && manifest.format !== FORMAT_WITHOUT_WAITING)
    throw new Error(`format ${manifest.format}, not ${SNAPSHOT_FORMAT}`);
  if (manifest.dimensions !== dimensions) throw new Error(`${manifest.dimensions} dimensions, not ${dimensions}`);
  if (manifest.endianness !== endianness()) throw new Error(`written on a machine of the other byte order`);
  return manifest;
}

const BLOCK_BYTES = 1 << 20;

/** Writes in blocks and lets others run in between. */
export class BlockWriter {
  readonly #handle: Awaited<ReturnType<typeof open>>;
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #used = 0;
  #bytes = 0;
  #crc32 = 0;

  private constructor(handle: Awaited<ReturnType<typeof open>>) {
    this.#handle = handle;
  }

  static async create(path: string): Promise<BlockWriter> {
    return new BlockWriter(await open(path, 'w'));
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const taken = Math.min(bytes.length - from, BLOCK_BYTES - this.#used);
      this.#block.set(bytes.subarray(from, from + taken), this.#used);
      this.#used += taken;
      from += taken;
      if (this.#used === BLOCK_BYTES) await this.#flush();
    }
  }

  async record(record: PartRecord): Promise<void> {
    const json = Buffer.from(JSON.stringify(record));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    await this.write(length);
    await this.write(json);
  }

  /** On the disk, not in a cache, when it resolves. */
  async finish(name: string): Promise<FileRef> {
    await this.#flush();
    await this.#handle.sync();
    return { name, bytes: this.#bytes, crc32: this.#crc32 };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    const block = this.#block.subarray(0, this.#used);
    this.#crc32 = crc32(block, this.#crc32);
    for (let from = 0; from < block.length; ) from += (await this.#handle.write(block, from)).bytesWritten;
    this.#bytes += block.length;
    this.#used = 0;
  }
}

/** The whole file. Throws `DamagedFile` when its bytes are not those that were written. */
export async function readWhole(dir: string, file: FileRef): Promise<Buffer> {
  const bytes = await readFile(join(dir, file.name));
  const pace = new Pace();
  let crc = 0;
  for (let from = 0; from < bytes.length; from += BLOCK_BYTES) {
    crc = crc32(bytes.subarray(from, from + BLOCK_BYTES), crc);
    await pace.rest();
  }
  if (bytes.length !== file.bytes || crc !== file.crc32) throw new DamagedFile(`${file.name} is damaged`);
  return bytes;
}

/** The records of a `.part` or `.wait` file, each with the place of its payload, which the visitor answers the end of. */
export async function eachRecord(
  bytes: Buffer,
  visit: (record: PartRecord, payloadAt: number) => number,
): Promise<void> {
  const pace = new Pace();
  for (let at = 0; at < bytes.length; ) {
    const jsonAt = at + 4;
    const payloadAt = jsonAt + bytes.readUInt32LE(at);
    at = visit(JSON.parse(bytes.toString('utf8', jsonAt, payloadAt)) as PartRecord, payloadAt);
    await pace.rest();
  }
}

/** Reads a file in blocks; with `sync`, also sees to it that it is on the disk. */
export async function checksum(path: string, sync = false): Promise<{ bytes: number; crc32: number }> {
  const handle = await open(path, sync ? 'r+' : 'r');
  try {
    if (sync) await handle.sync();
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let bytes = 0;
    let crc = 0;
    for (;;) {
      const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES);
      if (bytesRead === 0) return { bytes, crc32: crc };
      bytes += bytesRead;
      crc = crc32(block.subarray(0, bytesRead), crc);
    }
  } finally {
    await handle.close();
  }
}
