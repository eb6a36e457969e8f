import { readFileSync, readlinkSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Who holds the folder. What the platform does not tell is empty. */
interface Holder {
  readonly pid: number;
  /** Clock ticks since boot at which the process began: tells it from a later one with the same number. */
  readonly startedAt: string;
  /** Changes with every boot of the machine. */
  readonly boot: string;
  /** Process ids mean something only inside one of these (a container has its own), or else on one host. */
  readonly pidSpace: string;
}

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
    const me = JSON.stringify(self());
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
function setAside(path: string, holder: Holder | undefined): void {
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

async function isAlive(holder: Holder, path: string): Promise<boolean> {
  const here = self();
  if (holder.boot !== here.boot) return false;
  if (holder.pidSpace === here.pidSpace) {
    if (holder.pid === here.pid) return false;
    return runs(holder.pid) && startOf(holder.pid) === holder.startedAt;
  }
  const before = beatOf(path);
  if (Date.now() - before > 10 * SILENT_MS) return false;
  await sleep(SILENT_MS);
  return beatOf(path) !== before;
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function beatOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function read(path: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof (holder as Holder | null)?.pid === 'number' ? (holder as Holder) : undefined;
  } catch {
    return undefined;
  }
}

function self(): Holder {
  return {
    pid: process.pid,
    startedAt: startOf(process.pid),
    boot: readText('/proc/sys/kernel/random/boot_id').trim(),
    pidSpace: linkText('/proc/self/ns/pid') || hostname(),
  };
}

/** Field 22 of /proc/pid/stat; the name in field 2 may hold spaces and brackets. */
function startOf(pid: number): string {
  return readText(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[19] ?? '';
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function linkText(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
