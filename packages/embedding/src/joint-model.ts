import { LRUCache } from 'lru-cache';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { States } from './halves.ts';
import { SESSION_OPTIONS } from './session-options.ts';

/** The network that reads the states of two texts together. */
export interface JointModel {
  /** The greater the likelier the same. Not symmetric: rounding differs. */
  logit(a: States, b: States): Promise<number>;
  dispose(): Promise<void>;
}

/** Throws where onnxruntime refuses the file, or it is no such network. */
export async function openJointModel(file: string): Promise<JointModel> {
  const session = await InferenceSession.create(file, SESSION_OPTIONS);
  if (!['a', 'b'].every((name) => session.inputNames.includes(name)) || !session.outputNames.includes('logit'))
    throw new Error(`expected inputs a and b and an output logit, found ${session.inputNames}; ${session.outputNames}`);
  return {
    async logit(a, b) {
      const { logit } = await session.run({ a: tensorOf(a), b: tensorOf(b) });
      return Number(logit?.data[0]);
    },
    dispose: () => session.release(),
  };
}

const tensorOf = ({ data, tokens }: States): Tensor => new Tensor('float32', data, [tokens, data.length / tokens]);

/** About 250 questions. */
const BYTES_MAX = 8 * 2 ** 20;

/** The states of the texts read last: the one that is looked up is compared right after it was embedded. */
export class StateMemo {
  readonly #known = new LRUCache<string, States>({
    maxSize: BYTES_MAX,
    sizeCalculation: ({ data }, text) => data.byteLength + 2 * text.length + 100,
  });

  get(text: string): States | undefined {
    return this.#known.get(text);
  }

  set(text: string, states: States): void {
    this.#known.set(text, states);
  }
}
