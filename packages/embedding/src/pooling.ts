import type { ModelFolder } from './model-folder.ts';

/** [batch, tokens, dimensions] */
export interface TokenStates {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** The unit vector of one text's token states, as the folder says. Throws where there are none, or they have no direction. */
export function vectorOf(states: TokenStates | undefined, folder: ModelFolder): ArrayBuffer {
  return unitVector(pool(states, folder));
}

/** [dimensions] in double precision. One text per run has no padding, so that the mask is all ones. */
function pool(states: TokenStates | undefined, folder: ModelFolder): Float64Array {
  const [, tokens, dimensions] = states?.dims ?? [];
  if (states?.dims.length !== 3 || !tokens || !dimensions)
    throw new Error(`embedding model ${folder.onnxFile} has no output last_hidden_state [batch, tokens, dimensions]`);
  const sum = new Float64Array(dimensions);
  // Once: transformers.js's tensors are proxies, and each access costs more than the addition.
  const { data } = states;
  const rows = folder.pooling === 'cls' ? 1 : tokens;
  for (let row = 0, at = 0; row < rows; row++)
    for (let i = 0; i < dimensions; i++, at++) sum[i] = (sum[i] as number) + (data[at] as number);
  return sum;
}

/** The mean's divisor falls out here: only the direction counts. */
function unitVector(sum: Float64Array): ArrayBuffer {
  const length = Math.sqrt(sum.reduce((total, x) => total + x * x, 0));
  if (!(length > 0 && Number.isFinite(length)))
    throw new Error('the model answered with no direction (zero or not finite)');
  return Float32Array.from(sum, (x) => x / length).buffer;
}
