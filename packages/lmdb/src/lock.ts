import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type ProcessMark, thisProcess } from '@nearhit/core';

export interface FolderLock {
  release(): void;
}

const HEARTBEAT_MS = 1000;
/** Silence after which a holder that cannot be looked at counts as gone. */
const SILENT_MS = 3500;
const heldHere = new Set<string>();

/**
 * One process per folder. The lock file outlives kill -9: a holder that is no longer running is passed over at once
 * when its process number can be checked from here, and after a few silent seconds when it cannot (another container).
 * Throws an Error with one clear line when somebody is there.
 */
export async function lockFolder(path: string, dir: string): Promise<FolderLock> {
  const inUse = (who: string): Error =>
    new Error(`data folder ${dir} is in use by ${who}: stop it, or choose another folder with NEARHIT_DATA_DIR`);
  if (heldHere.has(path)) throw inUse('this very process');
  heldHere.add(path);
  try {
    const me = JSON.stringify(thisProcess());
    for (let attempt = 0; !create(path, me); attempt++) {
      const holder = read(path);
      if (holder === undefined && attempt === 0) {
        // Made a moment ago and not written yet, or left so by a crash.
        await sleep(200);
        continue;
      }
      if (attempt === 3 || (holder !== undefined && (await isAlive(holder, path)))) {
        throw inUse(holder === undefined ? 'another process that is just starting' : `process ${holder.pid}`);
      }
      setAside(path, holder);
    }
    return held(path, me);
  } catch (error) {
    heldHere.delete(path);
    throw error;
  }
}

function held(path: string, me: string): FolderLock {
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {
      // The folder was removed under us; the store's own writes report it.
    }
  }, HEARTBEAT_MS).unref();
  return {
    release() {
      clearInterval(beat);
      heldHere.delete(path);
      if (readText(path) === me) rmSync(path, { force: true });
    },
  };
}

function create(path: string, me: string): boolean {
  try {
    writeFileSync(path, me, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a dead holder's file, unless somebody else has already put a new one in its place. */
function setAside(path: string, holder: ProcessMark | undefined): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const taken = read(aside);
  // Between our look and the rename another process took over: give its file back.
  if (JSON.stringify(taken) !== JSON.stringify(holder)) renameSync(aside, path);
  else rmSync(aside, { force: true });
}

async function isAlive(holder: ProcessMark, path: string): Promise<boolean> {
  const here = thisProcess();
  if (holder.boot !== here.boot) return false;
  if (holder.pidSpace === here.pidSpace) return holder.pid !== here.pid && isRunning(holder) === true;
  const before = beatOf(path);
  if (Date.now() - before > 10 * SILENT_MS) return false;
  await sleep(SILENT_MS);
  return beatOf(path) !== before;
}

function beatOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function read(path: string): ProcessMark | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof (holder as ProcessMark | null)?.pid === 'number' ? (holder as ProcessMark) : undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
