#!/usr/bin/env node
// Converts the TensorFlow.js graph model of all-MiniLM-L6-v2 (uint8 affine weights) to ONNX (onnxruntime >= 1.14).
// No dependencies, deterministic.
//   node convert.mjs <tfjs folder> <out folder>
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { minilm } from './minilm.mjs';
import { readWeights } from './tfjs.mjs';

const VARIANTS = {
  'model.onnx': {},
  'model_quantized.onnx': { quantized: true },
  // Faster with VNNI; saturates without: narrow.mjs.
  'model_int8.onnx': { quantized: true, signed: true },
  // Does not depend on what else is in the batch.
  'model_uint8.onnx': { quantized: true, float: true },
};

const [from, to] = process.argv.slice(2);
if (!from || !to) {
  console.error('usage: convert.mjs <tfjs folder> <out folder>');
  process.exit(2);
}
const weights = readWeights(from);
mkdirSync(join(to, 'onnx'), { recursive: true });
for (const [file, options] of Object.entries(VARIANTS)) {
  const out = minilm(weights, options);
  writeFileSync(join(to, 'onnx', file), out);
  console.log(createHash('sha256').update(out).digest('hex'), out.length, `onnx/${file}`);
}
