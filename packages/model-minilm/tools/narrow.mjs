#!/usr/bin/env node
// Narrows the weights of convert.mjs's model_int8.onnx to seven bits, one scale per output column. No dependencies, deterministic.
//   node narrow.mjs <model_int8.onnx> <out.onnx>
// Why: x86 processors without VNNI multiply bytes with VPMADDUBSW, whose 16-bit sum of two products saturates
// above 32767. An unsigned activation times |weight| <= 64 stays at or below 2 * 255 * 64 = 32640, so that every processor
// computes the same integers. A scale per column keeps what the lost bit would have cost.
// The graph stays as it is; per linear layer three initializers change: weight (int8 [K, N]), scale ([N]), zero point (0).
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { readTensor, tensor } from './onnx.mjs';
import { bytes, fields } from './protobuf.mjs';

const WEIGHT_MAX = 64;

/** Nearest, ties to even: what numpy and ONNX do. */
function roundEven(x) {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

function narrow(weight, scale, zeroPoint) {
  const [rows, columns] = weight.dims;
  const source = new Int8Array(weight.data.buffer, weight.data.byteOffset, weight.data.length);
  const step = scale.data.readFloatLE(0);
  const zero = zeroPoint.data.readInt8(0);
  const largest = new Int32Array(columns);
  for (let i = 0; i < source.length; i++) {
    const column = i % columns;
    largest[column] = Math.max(largest[column], Math.abs(source[i] - zero));
  }
  const scales = Float32Array.from(largest, (steps) => (Math.max(steps, 1) * step) / WEIGHT_MAX);
  const weights = Int8Array.from(source, (q, i) =>
    roundEven(((q - zero) * WEIGHT_MAX) / Math.max(largest[i % columns], 1)),
  );
  return [
    tensor(weight.name, 'int8', [rows, columns], weights),
    tensor(scale.name, 'float32', [columns], scales),
    tensor(zeroPoint.name, 'int8', [], Int8Array.of(0)),
  ];
}

function narrowGraph(graph) {
  const parts = fields(graph);
  const tensors = new Map(parts.filter((p) => p.field === 5).map((p) => [readTensor(p.body).name, readTensor(p.body)]));
  const changed = new Map();
  for (const { body } of parts.filter((p) => p.field === 1)) {
    // NodeProto: 3 name, 4 op_type
    const node = fields(body);
    if (node.find((f) => f.field === 4).body.toString() !== 'MatMulInteger') continue;
    const layer = node
      .find((f) => f.field === 3)
      .body.toString()
      .replace(/\/MatMulInteger$/, '');
    const names = ['weight', 'scale', 'zero_point'].map((part) => `${layer}.${part}`);
    narrow(...names.map((name) => tensors.get(name))).forEach((t, i) => {
      changed.set(names[i], t);
    });
  }
  if (changed.size === 0) throw new Error('no MatMulInteger node: not the int8 model of convert.mjs');
  return Buffer.concat(
    parts.map((part) => {
      const replacement = part.field === 5 ? changed.get(readTensor(part.body).name) : undefined;
      return replacement ? bytes(5, replacement) : part.raw;
    }),
  );
}

const [from, to] = process.argv.slice(2);
if (!from || !to) {
  console.error('usage: narrow.mjs <model_int8.onnx> <out.onnx>');
  process.exit(2);
}
const model = fields(readFileSync(from));
const out = Buffer.concat(model.map((part) => (part.field === 7 ? bytes(7, narrowGraph(part.body)) : part.raw)));
writeFileSync(to, out);
console.log(createHash('sha256').update(out).digest('hex'), out.length);
