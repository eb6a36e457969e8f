// Weights of a TensorFlow.js graph model, as they lie in its folder.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const BYTES = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2 };

/** name -> { name, shape, data, quantization? }. Throws when the files hold more or less than the manifest says. */
export function readWeights(dir) {
  const model = JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8'));
  const weights = new Map();
  for (const group of model.weightsManifest) {
    const data = Buffer.concat(group.paths.map((path) => readFileSync(join(dir, path))));
    let at = 0;
    for (const weight of group.weights) {
      const count = weight.shape.reduce((a, b) => a * b, 1);
      const size = count * BYTES[weight.quantization?.dtype ?? weight.dtype];
      weights.set(weight.name, { ...weight, data: data.subarray(at, at + size) });
      at += size;
    }
    if (at !== data.length) throw new Error(`weights: ${at} of ${data.length} bytes used`);
  }
  return weights;
}

/** As TensorFlow.js does: float32(q * scale + min). */
export const dequantized = ({ data, quantization: { scale, min } }) => Float32Array.from(data, (q) => q * scale + min);

/** The byte that stands for 0. */
export function zeroPointOf({ name, quantization: { scale, min } }) {
  const exact = -min / scale;
  const zero = Math.round(exact);
  if (Math.abs(exact - zero) > 1e-4 || zero < 0 || zero > 255)
    throw new Error(`${name}: zero point ${exact} is not a byte`);
  return zero;
}
