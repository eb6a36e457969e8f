import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let known: string | undefined;

/**
 * Changes whenever the rules do by which two questions are compared: SHA-256 over the code of this folder, its first 12
 * hex digits. Two builds of one code may differ. `unknown` where the code can't be read (bundled into one file).
 */
export function decideVersion(): string {
  known ??= versionOf(dirname(fileURLToPath(import.meta.url)));
  return known;
}

function versionOf(folder: string): string {
  try {
    const hash = createHash('sha256');
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(isCode).sort();
    for (const name of names) hash.update(`${name.replace(/\.[jt]s$/, '')}\0`).update(readFileSync(join(folder, name)));
    return hash.digest('hex').slice(0, 12);
  } catch {
    return 'unknown';
  }
}

const isCode = (name: string): boolean => /(?<!\.test|\.d)\.[jt]s$/.test(name);
