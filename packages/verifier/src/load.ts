import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Lexicon, PAIR_FEATURES, type PairNetwork } from '@nearhit/core';
import { type Joint, jointSchema } from './joint.ts';
import { PairVerifier } from './pair-verifier.ts';
import { type Prior, priorSchema } from './prior.ts';
import { SecondOpinion } from './second-opinion.ts';
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

/** What is known of a network, and where its weights are. */
export interface JointModel extends Joint {
  /** ONNX; inputs `a` and `b` float32 [tokens, dimensions] (states of the embedding model after its layer 3), output `logit` float32 [1]. */
  readonly file: string;
}

/** Undefined: none is there. Throws as `loadVerifier`. */
export function loadJoint(dir: string = verifierDir): JointModel | undefined {
  const file = join(dir, 'joint.onnx');
  if (!existsSync(file) || !existsSync(join(dir, 'joint.json'))) return undefined;
  return { ...readPart(dir, 'joint.json', (bytes) => jointSchema.parse(JSON.parse(bytes.toString('utf8')))), file };
}

/** As `loadJoint`; where the description can't be read there is no network either, and `onFault` hears why. */
export function findJoint(dir: string | undefined, onFault: (error: unknown) => void): JointModel | undefined {
  try {
    return loadJoint(dir);
  } catch (error) {
    onFault(error);
    return undefined;
  }
}

export interface VerifierOptions {
  /** Default: the bundled model folder. */
  readonly dir?: string | undefined;
  /** What is asked where the trees are in doubt, and what its word is worth. Absent: the trees decide alone. */
  readonly second?: { readonly joint: Joint; readonly network: PairNetwork } | undefined;
}

/** The bundled verifier. Takes some 50 ms and 4 MB. Throws an Error of one line that names the file that is missing or broken. */
export function loadVerifier({ dir = verifierDir, second }: VerifierOptions = {}): PairVerifier {
  const lexicon = readPart(dir, 'lexicon.bin', (bytes) => new Lexicon(bytes));
  const trees = readPart(dir, 'trees.json', (bytes) => {
    const file = treesSchema.parse(JSON.parse(bytes.toString('utf8')));
    const names = PAIR_FEATURES.map(({ name }) => name);
    if (file.features.join() !== names.join()) throw new Error('it was trained on other features than these');
    return new Trees(file);
  });
  return new PairVerifier(trees, lexicon, second && new SecondOpinion(second.joint, second.network));
}

export interface PriorOptions {
  /** Default: the bundled model folder. */
  readonly dir?: string | undefined;
  /** Of the verifier with its network. */
  readonly withNetwork?: boolean | undefined;
}

/** How often the bundled verifier was wrong at each probability, on pairs it had not seen. Throws as `loadVerifier`. */
export function loadPrior({ dir = verifierDir, withNetwork = false }: PriorOptions = {}): Prior {
  const file = withNetwork && existsSync(join(dir, 'joint-prior.json')) ? 'joint-prior.json' : 'prior.json';
  return readPart(dir, file, (bytes) => priorSchema.parse(JSON.parse(bytes.toString('utf8'))));
}
