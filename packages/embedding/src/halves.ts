import { dirname } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { cutModel, type ModelPart } from './onnx-cut.ts';
import { outlineOf } from './onnx-outline.ts';
import { withWeightsIn } from './session-options.ts';

/** Token states of one text. */
export interface States {
  /** [tokens * dimensions], row by row. */
  readonly data: Float32Array;
  readonly tokens: number;
}

/** An encoder in two halves, which together give bit for bit what it gives whole, and hold its weights once. */
export interface Halves {
  lower(ids: readonly number[]): Promise<States>;
  /** `dims`: [1, tokens, dimensions]. */
  upper(states: States): Promise<{ data: Float32Array; dims: number[] }>;
  dispose(): Promise<void>;
}

const OUTPUT = 'last_hidden_state';

/** `tensor`: where the file is cut. Throws where that or an input of BERT's is missing. */
export async function openHalves(onnxFile: string, tensor: string): Promise<Halves> {
  const [lower, upper] = await openParts(onnxFile, [{ outputs: [tensor] }, { inputs: [tensor], outputs: [OUTPUT] }]);
  return {
    async lower(ids) {
      const row = [1, ids.length];
      const feeds = {
        input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), row),
        attention_mask: maskOf(ids.length),
        token_type_ids: new Tensor('int64', new BigInt64Array(ids.length), row),
      };
      const output = (await lower.run(feeds))[tensor] as Tensor;
      return { data: output.data as Float32Array, tokens: ids.length };
    },
    async upper({ data, tokens }) {
      const states = new Tensor('float32', data, [1, tokens, data.length / tokens]);
      const output = (await upper.run({ [tensor]: states, attention_mask: maskOf(tokens) }))[OUTPUT] as Tensor;
      return { data: output.data as Float32Array, dims: [...output.dims] };
    },
    async dispose() {
      await Promise.all([lower.release(), upper.release()]);
    },
  };
}

const maskOf = (tokens: number): Tensor => new Tensor('int64', new BigInt64Array(tokens).fill(1n), [1, tokens]);

type Sessions = [lower: InferenceSession, upper: InferenceSession];

async function openParts(file: string, parts: readonly [ModelPart, ModelPart]): Promise<Sessions> {
  const outline = outlineOf(file);
  const options = withWeightsIn(dirname(file));
  const opened: InferenceSession[] = [];
  try {
    for (const part of parts)
      opened.push(await InferenceSession.create(Buffer.concat(cutModel(outline, part)), options));
    return opened as Sessions;
  } catch (error) {
    for (const session of opened) await session.release();
    throw error;
  }
}
