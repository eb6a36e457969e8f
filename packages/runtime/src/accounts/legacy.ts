import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, type Observer, type ProcessMark, type UsageRecord, type UsageStore } from '@nearhit/core';
import { fileOf, ownerName } from './journal.ts';
import { linesOf } from './line.ts';
import { appendAll } from './shipping.ts';

/** Silence after which a process that can't be looked at counts as gone: it touches its owner file every second. */
const SILENT_MS = 60_000;

export interface LegacyOptions {
  readonly dir: string;
  readonly store: Pick<UsageStore, 'append'>;
  readonly observer: Pick<Observer, 'incident'>;
  /** Of this process: its own files are left alone. */
  readonly ownId: string;
  readonly now: () => number;
}

/**
 * Hands on what processes that are gone have left in the folder: their records, and for each call of which nothing more
 * was heard the record that it began with. Several may do so at once: the store counts each record once. Rejects as the
 * store does, and leaves the files then. Answers how many records there were.
 */
export async function shipLegacies(options: LegacyOptions): Promise<number> {
  let count = 0;
  for (const [id, segments] of processesIn(options.dir)) {
    if (id === options.ownId || isAlive(join(options.dir, ownerName(id)), options.now())) continue;
    count += await shipLegacy(segments.sort(), options);
    for (const name of [...segments, ownerName(id)]) rmSync(join(options.dir, name), { force: true });
  }
  return count;
}

function processesIn(dir: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of namesIn(dir)) {
    const file = fileOf(name);
    if (file === undefined) continue;
    const segments = found.get(file.id) ?? [];
    found.set(file.id, segments);
    if (file.kind === 'segment') segments.push(name);
  }
  return found;
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Files without an owner are of nobody. */
function isAlive(ownerFile: string, nowMs: number): boolean {
  try {
    const running = isRunning(JSON.parse(readFileSync(ownerFile, 'utf8')) as ProcessMark);
    return running ?? Math.abs(nowMs - statSync(ownerFile).mtimeMs) < SILENT_MS;
  } catch {
    const silentMs = nowMs - (statSync(ownerFile, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    // Made a moment ago and not written yet, or left so by a crash.
    return Math.abs(silentMs) < SILENT_MS;
  }
}

async function shipLegacy(segments: readonly string[], { dir, store, observer }: LegacyOptions): Promise<number> {
  const open = new Map<string, UsageRecord>();
  let count = 0;
  for (const [at, name] of segments.entries()) {
    const read = readSegment(join(dir, name), at === segments.length - 1);
    for (const record of read.begun) open.set(record.id, record);
    for (const id of read.ended) open.delete(id);
    if (read.unreadable > 0) observer.incident('usage-lines-unreadable', `${read.unreadable} in ${name}`);
    await appendAll(read.records, store);
    count += read.records.length;
  }
  const interrupted = [...open.values()];
  await appendAll(interrupted, store);
  return count + interrupted.length;
}

interface SegmentContent {
  /** Not in the store yet, as far as the file says. */
  readonly records: UsageRecord[];
  readonly begun: UsageRecord[];
  readonly ended: string[];
  readonly unreadable: number;
}

/** A file that somebody else has just handed on and removed is empty. */
function readSegment(path: string, isLast: boolean): SegmentContent {
  const bytes = bytesOf(path);
  const { lines, end } = linesOf(bytes);
  const content = { records: [] as UsageRecord[], begun: [] as UsageRecord[], ended: [] as string[], unreadable: 0 };
  const shipped = lines.reduce((most, { line }) => (line?.kind === 'shipped' ? Math.max(most, line.bytes) : most), 0);
  for (const { at, line } of lines) {
    if (line === undefined) content.unreadable += 1;
    else if (line.kind === 'begin') content.begun.push(line.record);
    else if (line.kind === 'end') {
      content.ended.push(line.record.id);
      if (at >= shipped) content.records.push(line.record);
    }
  }
  // The last line of a process that was killed may be half a line; anywhere else one is damage.
  if (end < bytes.length && !isLast) content.unreadable += 1;
  return content;
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
