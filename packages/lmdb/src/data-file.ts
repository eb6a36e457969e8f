import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { open } from 'lmdb';
import { ENV_OPTIONS, type Root, type Tables } from './tables.ts';

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const HEADER_BYTES = 24;

/**
 * Looks at the file before LMDB maps it: a foreign or cut file would end the process by a signal instead of an error.
 * Throws an Error with one clear line. A file that is missing or empty is fine: LMDB begins it.
 */
export function inspectFile(path: string): { cutShort: boolean } {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return { cutShort: false };
  const first = readMeta(path, 0);
  const second = first && readMeta(path, first.pageSize);
  if (first === undefined || second === undefined) throw damaged(path, 'it does not begin as a store does');
  const newer = first.txn > second.txn ? first : second;
  return { cutShort: size < (newer.lastPage + 1) * first.pageSize };
}

/** What a caller can do about it is always the same. */
export function damaged(path: string, what: string, cause?: unknown): Error {
  return new Error(
    `data file ${path} is damaged or not nearhit's (${what}): restore it from a copy, or move it away to begin with an empty cache`,
    { cause },
  );
}

/**
 * A file may be shorter than its header says, when the last pages were never used; or it was cut. Fills it up, so that
 * reading cannot run past its end, and walks everything once. Throws an Error with one clear line.
 */
export function verifyCutShort(path: string, root: Root, tables: Tables): void {
  try {
    for (const table of Object.values(tables)) for (const _ of table.getRange({}));
    root.resetReadTxn();
  } catch (error) {
    throw damaged(path, 'part of it is missing', error);
  }
}

export function fillUp(path: string): void {
  const first = readMeta(path, 0);
  const second = first && readMeta(path, first.pageSize);
  if (first && second) truncateSync(path, (Math.max(first.lastPage, second.lastPage) + 1) * first.pageSize);
}

export function openEnvironment(path: string, mapSizeBytes: number | undefined): Root {
  return open<Buffer, Buffer>({
    ...ENV_OPTIONS,
    path,
    noSubdir: true,
    // A commit is on disk when its promise resolves, not some time after.
    overlappingSync: false,
    // Every write is in a batch of its own already; the implicit one would keep a promise that nobody can catch.
    eventTurnBatching: false,
    ...(mapSizeBytes === undefined ? undefined : { mapSize: mapSizeBytes }),
  });
}

/** Share of the file that holds nothing, 0..1, and its size. */
export function fileUse(path: string, root: Root, tables: Tables): { bytes: number; freeShare: number } {
  const { root: main, lastPageNumber, pageSize } = root.getStats() as Stats & EnvironmentStats;
  const pages = [main, ...Object.values(tables).map((table) => table.getStats() as Stats)].reduce(
    (sum, stats) => sum + stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages,
    2,
  );
  const bytes = Math.max(statSync(path).size, (lastPageNumber + 1) * pageSize);
  return { bytes, freeShare: Math.max(1 - (pages * pageSize) / bytes, 0) };
}

interface Stats {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}
interface EnvironmentStats {
  readonly root: Stats;
  readonly lastPageNumber: number;
  readonly pageSize: number;
}

/** Writes the file anew without its free pages and puts it in place at once; closes `root`. A crash leaves the old or the new one. */
export async function compact(path: string, root: Root): Promise<void> {
  const copy = `${path}.compact`;
  rmSync(copy, { force: true });
  try {
    await root.backup(copy, true);
  } finally {
    await root.close();
  }
  syncToDisk(copy);
  // The lock file's transaction number belongs to the old file.
  rmSync(`${path}-lock`, { force: true });
  renameSync(copy, path);
  syncToDisk(dirname(path));
}

function syncToDisk(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** LMDB's meta page (data format 2, little-endian, 64 bit). */
function readMeta(path: string, at: number): { pageSize: number; lastPage: number; txn: number } | undefined {
  const page = Buffer.alloc(0xa0);
  const file = openSync(path, 'r');
  try {
    if (readSync(file, page, 0, page.length, at) !== page.length) return undefined;
  } finally {
    closeSync(file);
  }
  const foreign = page.readUInt32LE(HEADER_BYTES) !== MAGIC || page.readUInt32LE(HEADER_BYTES + 4) !== DATA_VERSION;
  if (foreign) return undefined;
  return {
    pageSize: page.readUInt32LE(0x30),
    lastPage: Number(page.readBigUInt64LE(0x90)),
    txn: Number(page.readBigUInt64LE(0x98)),
  };
}
