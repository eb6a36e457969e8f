import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { BatchStore, FileStore, Stores } from '@nearhit/core';
import { LmdbKeys } from './api-keys.ts';
import { LmdbBatches } from './batch-store.ts';
import { beginEpoch, LmdbChangeLog } from './change-log.ts';
import { compact, damaged, fileUse, fillUp, inspectFile, openEnvironment, verifyCutShort } from './data-file.ts';
import { LmdbFiles } from './file-store.ts';
import { bringToFormat } from './format.ts';
import { LmdbLimits, type LmdbLimitsOptions } from './limits.ts';
import { type FolderLock, lockFolder } from './lock.ts';
import { LmdbPairs } from './pairs.ts';
import { LmdbResponses } from './responses.ts';
import { LmdbSamples } from './samples.ts';
import { LmdbPolicies, LmdbStats } from './settings.ts';
import { openMeta, openTables, type Root, type Tables } from './tables.ts';
import { Touches } from './touches.ts';
import { LmdbUpkeep } from './upkeep.ts';
import { LmdbUsage } from './usage.ts';
import { Writer } from './writer.ts';

export interface LmdbOptions {
  /** Made when missing. One process at a time. */
  readonly dir: string;
  /** Address space reserved at the start; it grows by itself. */
  readonly mapSizeBytes?: number | undefined;
  /** Answers of this many bytes or more are compressed (LZ4). */
  readonly compressAboveBytes?: number | undefined;
  /** How often last uses are written, for eviction. */
  readonly touchFlushMs?: number | undefined;
  /** At open, a file of this many bytes or more of which over half is free is written anew without the free part. */
  readonly compactAboveBytes?: number | undefined;
  /** How long windows and leases of limits last. */
  readonly limits?: LmdbLimitsOptions | undefined;
}

export interface LmdbStores extends Stores {
  readonly files: FileStore;
  readonly batches: BatchStore;
  /** Writes what is pending, closes the file, gives the folder free. Safe to call twice; `responses.close` is the same call. */
  close(): Promise<void>;
}

/** lmdb-js's TransactionFlags.SYNCHRONOUS_COMMIT; the enum exists in its types only. */
const SYNCHRONOUS = 2;
const COMPRESS_ABOVE_BYTES = 256;
const TOUCH_FLUSH_MS = 5000;
const COMPACT_ABOVE_BYTES = 64 * 1024 * 1024;

/**
 * The storage ports in `<dir>/nearhit.mdb`, and the bytes of files in `<dir>/files`. What a call has promised survives kill -9 and loss of power: commits are
 * synced before they are acknowledged. Throws an Error with one clear line (what, where, what to do) when the folder
 * cannot be written, is in use, is of a newer format, or when its file is damaged.
 */
export async function openLmdb(options: LmdbOptions): Promise<LmdbStores> {
  const dir = resolve(options.dir);
  makeFolder(dir);
  const lock = await lockOf(dir);
  try {
    const { root, tables } = await openFile(join(dir, 'nearhit.mdb'), dir, options);
    return assemble(dir, root, tables, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function makeFolder(dir: string): void {
  try {
    makeWithParents(dir);
  } catch (error) {
    throw notWritable(dir, error);
  }
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** Node's own recursive mkdir never ends where a parent is there and can hold no folder, as in /proc. */
function makeWithParents(dir: string): void {
  if (isFolder(dir)) return;
  const parent = dirname(dir);
  if (!existsSync(parent)) makeWithParents(parent);
  try {
    // Questions and answers lie in it.
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(dir)) throw error;
  }
}

async function lockOf(dir: string): Promise<FolderLock> {
  try {
    return await lockFolder(join(dir, 'nearhit.lock'), dir);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === undefined ? error : notWritable(dir, error);
  }
}

function notWritable(dir: string, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return new Error(
    `data folder ${dir} cannot be written (${code}): give this user write access, or choose another folder with NEARHIT_DATA_DIR`,
    { cause },
  );
}

async function openFile(path: string, dir: string, options: LmdbOptions): Promise<{ root: Root; tables: Tables }> {
  const { cutShort } = inspectFile(path);
  if (cutShort) fillUp(path);
  const opened = await openTablesAt(path, dir, options);
  try {
    if (cutShort) verifyCutShort(path, opened.root, opened.tables);
    const { bytes, freeShare } = fileUse(path, opened.root, opened.tables);
    if (bytes < (options.compactAboveBytes ?? COMPACT_ABOVE_BYTES) || freeShare <= 0.5) return opened;
  } catch (error) {
    await opened.root.close();
    throw error;
  }
  // Without room for the copy the store goes on as it is.
  await compact(path, opened.root).catch(() => undefined);
  return openTablesAt(path, dir, options);
}

async function openTablesAt(path: string, dir: string, options: LmdbOptions): Promise<{ root: Root; tables: Tables }> {
  let root: Root;
  try {
    root = openEnvironment(path, options.mapSizeBytes);
  } catch (error) {
    throw damaged(path, (error as Error).message, error);
  }
  try {
    await bringToFormat(root, openMeta(root), dir);
    // One transaction, hence one sync, for all tables of a new folder.
    const tables = root.transactionSync(() => {
      const opened = openTables(root, options.compressAboveBytes ?? COMPRESS_ABOVE_BYTES);
      beginEpoch(opened.meta);
      return opened;
    }, SYNCHRONOUS);
    return { root, tables };
  } catch (error) {
    await root.close();
    throw /MDB_|corrupt/i.test((error as Error).message) ? damaged(path, (error as Error).message, error) : error;
  }
}

function assemble(dir: string, root: Root, tables: Tables, lock: FolderLock, options: LmdbOptions): LmdbStores {
  const writer = new Writer(root);
  const touches = new Touches(tables, writer, options.touchFlushMs ?? TOUCH_FLUSH_MS);
  const limits = new LmdbLimits(tables, writer, options.limits);
  let closing: Promise<void> | undefined;
  const finish = async (): Promise<void> => {
    try {
      await touches.close().catch(() => undefined);
      await limits.close().catch(() => undefined);
      await writer.close();
      await root.close();
    } finally {
      lock.release();
    }
  };
  const close = (): Promise<void> => {
    closing ??= finish();
    return closing;
  };
  return {
    responses: new LmdbResponses({ tables, writer, touches, close }),
    upkeep: new LmdbUpkeep({ tables, writer, touches }),
    log: new LmdbChangeLog(tables, writer),
    policies: new LmdbPolicies(tables, writer),
    stats: new LmdbStats(tables, writer),
    usage: new LmdbUsage(tables, writer),
    keys: new LmdbKeys(tables, writer),
    limits,
    pairs: new LmdbPairs(tables, writer),
    samples: new LmdbSamples(tables, writer),
    files: new LmdbFiles(join(dir, 'files'), tables, writer),
    batches: new LmdbBatches(tables, writer),
    close,
  };
}
