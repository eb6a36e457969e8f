import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { firstLine } from './fault.ts';
import { type Halves, openHalves, type States } from './halves.ts';
import { type JointModel, openJointModel, StateMemo } from './joint-model.ts';
import type { ModelFolder } from './model-folder.ts';
import { vectorOf } from './pooling.ts';
import type { NetworkSettings } from './protocol.ts';
import type { TextModel } from './text-model.ts';
import { cutter } from './tokens.ts';

/** A text model with a network that compares two texts. */
export interface PairModel extends TextModel {
  /** Bit for bit the same with both exchanged. Undefined: one of them is too long. */
  score(a: string, b: string): Promise<number | undefined>;
}

/** The vectors are those of `loadTextModel`, bit for bit. Throws one line where the network or the model can't be read. */
export async function loadPairModel(folder: ModelFolder, network: NetworkSettings): Promise<PairModel> {
  const encode = openTokenizer(folder);
  const { halves, joint } = await openNetworks(folder, network);
  const cut = cutter(encode(''), folder.tokensMax);
  const memo = new StateMemo();
  const read = async (text: string) => {
    const { ids, truncated } = cut(encode(text));
    const fits = !truncated && ids.length <= network.tokensMax;
    return { ids, truncated, fits };
  };
  const remembered = (text: string, states: States): States => {
    memo.set(text, states);
    return states;
  };
  const statesOf = async (text: string): Promise<States | undefined> => {
    const known = memo.get(text);
    if (known !== undefined) return known;
    const { ids, fits } = await read(text);
    return fits ? remembered(text, await halves.lower(ids)) : undefined;
  };
  return {
    async embed(text) {
      const { ids, truncated, fits } = await read(text);
      const states = (fits && memo.get(text)) || (await halves.lower(ids));
      if (fits) remembered(text, states);
      return { vector: vectorOf(await halves.upper(states), folder), tokens: ids.length, truncated };
    },
    async score(a, b) {
      const [first, second] = a < b ? [a, b] : [b, a];
      const x = await statesOf(first);
      const y = x && (await statesOf(second));
      return x && y && joint.logit(x, y);
    },
    async dispose() {
      await Promise.all([halves.dispose(), joint.dispose()]);
    },
  };
}

async function openNetworks(folder: ModelFolder, { file, states }: NetworkSettings) {
  let halves: Halves | undefined;
  let joint: JointModel;
  try {
    joint = await openJointModel(file);
    halves = await openHalves(folder.onnxFile, states);
    await joint.logit(await halves.lower([0]), await halves.lower([0]));
  } catch (cause) {
    await halves?.dispose();
    throw new Error(`cannot load the network ${file} for ${folder.onnxFile}: ${firstLine(cause)}`, { cause });
  }
  return { halves, joint };
}

/** transformers.js's tokenizer without the rest of it, whose import takes longer than opening the model. */
function openTokenizer({ dir }: ModelFolder): (text: string) => number[] {
  const read = (file: string): object => JSON.parse(readFileSync(join(dir, file), 'utf8'));
  const tokenizer = new Tokenizer(read('tokenizer.json'), read('tokenizer_config.json'));
  return (text) => tokenizer.encode(text).ids;
}
