import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface Secret {
  readonly secret: string;
  /** Where it is kept; absent when it was configured. */
  readonly file?: string | undefined;
  /** Made by this start: the only time it is printed. */
  readonly fresh: boolean;
}

const READS_MAX = 50;

/**
 * The configured secret, else the one in the file, which is made at the first start, readable by its owner only. Of
 * several processes that start at once one makes it and all use it.
 */
export function secretOf(configured: string | undefined, file: string, prefix: string): Secret {
  if (configured !== undefined && configured !== '') return { secret: configured, fresh: false };
  for (let reads = 0; reads < READS_MAX; reads++) {
    const kept = read(file);
    if (kept !== undefined && kept !== '') return { secret: kept, file, fresh: false };
    if (kept === undefined) {
      const made = make(file, prefix);
      if (made !== undefined) return { secret: made, file, fresh: true };
    }
    // Another process has just made the file and not yet written to it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  throw new Error(`the file ${file} is empty: remove it to have a new secret made, or write one into it`);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(`the file ${file} can't be read (${code})`);
  }
}

/** Undefined when somebody else was quicker. */
function make(file: string, prefix: string): string | undefined {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const secret = `${prefix}${randomBytes(24).toString('base64url')}`;
  try {
    writeFileSync(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  chmodSync(file, 0o600);
  return secret;
}
