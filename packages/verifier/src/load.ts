import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Lexicon, PAIR_FEATURES } from '@nearhit/core';
import { PairVerifier } from './pair-verifier.ts';
import { type Prior, priorSchema } from './prior.ts';
import { Trees, treesSchema } from './trees.ts';

/** Absolute path of the bundled model folder. */
export const verifierDir: string = fileURLToPath(new URL('../model', import.meta.url));

function readPart<T>(dir: string, file: string, parse: (bytes: Buffer) => T): T {
  const path = join(dir, file);
  try {
    return parse(readFileSync(path));
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]?.slice(0, 200);
    throw new Error(`cannot load the verifier's ${path}: ${reason}`, { cause });
  }
}

/** The bundled verifier. Takes some 50 ms and 4 MB. Throws an Error of one line that names the file that is missing or broken. */
export function loadVerifier(dir: string = verifierDir): PairVerifier {
  const lexicon = readPart(dir, 'lexicon.bin', (bytes) => new Lexicon(bytes));
  const trees = readPart(dir, 'trees.json', (bytes) => {
    const file = treesSchema.parse(JSON.parse(bytes.toString('utf8')));
    const names = PAIR_FEATURES.map(({ name }) => name);
    if (file.features.join() !== names.join()) throw new Error('it was trained on other features than these');
    return new Trees(file);
  });
  return new PairVerifier(trees, lexicon);
}

/** How often the bundled verifier was wrong at each probability, on pairs it had not seen. Throws as `loadVerifier`. */
export function loadPrior(dir: string = verifierDir): Prior {
  return readPart(dir, 'prior.json', (bytes) => priorSchema.parse(JSON.parse(bytes.toString('utf8'))));
}
