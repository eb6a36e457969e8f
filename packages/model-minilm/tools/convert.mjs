#!/usr/bin/env node
import { createHash } from 'node:crypto';
// Converts the TensorFlow.js graph model of all-MiniLM-L6-v2 (uint8 affine weights) to ONNX. No dependencies.
//   node convert.mjs <tfjs folder> <out folder>
// Writes onnx/model.onnx (float32), model_quantized.onnx (uint8 weights as they are, dynamic activations), model_int8.onnx
// (the same, signed) and model_uint8.onnx (uint8 weights dequantised before a float MatMul; does not depend on the batch).
// Inputs  input_ids, attention_mask, token_type_ids: int64 [batch_size, sequence_length]
// Output  last_hidden_state: float32 [batch_size, sequence_length, 384]
// ONNX IR 8, opset 17 (onnxruntime >= 1.14).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// ---------- protobuf, the few wire types ONNX needs ----------
const varint = (v) => {
  let n = BigInt.asUintN(64, BigInt(v));
  const out = [];
  do {
    let b = Number(n & 127n);
    n >>= 7n;
    if (n) b |= 128;
    out.push(b);
  } while (n);
  return Buffer.from(out);
};
const tag = (field, wire) => varint((field << 3) | wire);
const int = (field, v) => Buffer.concat([tag(field, 0), varint(v)]);
const bytes = (field, b) => Buffer.concat([tag(field, 2), varint(b.length), b]);
const str = (field, s) => bytes(field, Buffer.from(s, 'utf8'));
const msg = (field, ...parts) => bytes(field, Buffer.concat(parts));
const float = (field, v) => {
  const b = Buffer.alloc(4);
  b.writeFloatLE(v);
  return Buffer.concat([tag(field, 5), b]);
};

const DT = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 };
const tensor = (name, dtype, dims, data) =>
  Buffer.concat([
    ...dims.map((d) => int(1, d)),
    int(2, DT[dtype]),
    str(8, name),
    bytes(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ]);
const attr = (name, v) => {
  if (Array.isArray(v)) return msg(5, str(1, name), ...v.map((i) => int(8, i)), int(20, 7));
  if (typeof v === 'object') return msg(5, str(1, name), float(2, v.float), int(20, 1));
  return msg(5, str(1, name), int(3, v), int(20, 2));
};
const valueInfo = (field, name, dtype, dims) =>
  msg(
    field,
    str(1, name),
    msg(
      2,
      msg(1, int(1, DT[dtype]), msg(2, ...dims.map((d) => msg(1, typeof d === 'number' ? int(1, d) : str(2, d))))),
    ),
  );

// ---------- TensorFlow.js weights ----------
const BYTES = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2 };
export function readWeights(dir) {
  const model = JSON.parse(readFileSync(join(dir, 'model.json'), 'utf8'));
  const weights = new Map();
  for (const group of model.weightsManifest) {
    const data = Buffer.concat(group.paths.map((p) => readFileSync(join(dir, p))));
    let at = 0;
    for (const w of group.weights) {
      const n = w.shape.reduce((a, b) => a * b, 1);
      const size = n * BYTES[w.quantization?.dtype ?? w.dtype];
      weights.set(w.name, { ...w, n, data: data.subarray(at, at + size) });
      at += size;
    }
    if (at !== data.length) throw new Error(`weights: ${at} of ${data.length} bytes used`);
  }
  return weights;
}
// TensorFlow.js dequantises as float32(q * scale + min)
const dequantise = (w) => Float32Array.from(w.data, (q) => q * w.quantization.scale + w.quantization.min);
function zeroPoint(w) {
  const z = -w.quantization.min / w.quantization.scale;
  const r = Math.round(z);
  if (Math.abs(z - r) > 1e-4 || r < 0 || r > 255) throw new Error(`${w.name}: zero point ${z} is not a byte`);
  return r;
}

// ---------- the graph ----------
const H = 384,
  HEADS = 12,
  LAYERS = 6,
  ROOT = 'StatefulPartitionedCall/model/tf_bert_model/bert/';
export function build(weights, { quantised = false, signed = false, float = () => false } = {}) {
  const nodes = [],
    inits = [],
    seen = new Set();
  const init = (name, dtype, dims, data) => {
    if (!seen.has(name)) {
      seen.add(name);
      inits.push(msg(5, tensor(name, dtype, dims, data)));
    }
    return name;
  };
  const f32 = (name, dims, data) => init(name, 'float32', dims, Float32Array.from(data));
  const i64 = (name, dims, data) => init(name, 'int64', dims, BigInt64Array.from(data, BigInt));
  const node = (op, name, inputs, attrs = {}, outputs = [`${name}_out`]) => {
    nodes.push(
      msg(
        1,
        ...inputs.map((i) => str(1, i)),
        ...outputs.map((o) => str(2, o)),
        str(3, name),
        str(4, op),
        ...Object.entries(attrs).map(([k, v]) => attr(k, v)),
      ),
    );
    return outputs[0];
  };
  const get = (name, shape) => {
    const w = weights.get(name);
    if (!w) throw new Error(`no weight ${name}`);
    if (shape && String(w.shape) !== String(shape)) throw new Error(`${name}: shape ${w.shape}, expected ${shape}`);
    return w;
  };
  const dense32 = (name, w) => f32(name, w.shape, dequantise(w));
  const bytesOf = (name, w) =>
    signed
      ? init(
          name,
          'int8',
          w.shape,
          Int8Array.from(w.data, (q) => q - 128),
        )
      : init(name, 'uint8', w.shape, Uint8Array.from(w.data));
  const zpOf = (name, w) =>
    signed
      ? init(name, 'int8', [], Int8Array.of(zeroPoint(w) - 128))
      : init(name, 'uint8', [], Uint8Array.of(zeroPoint(w)));

  // rows of an embedding table: picked as bytes, turned to floats afterwards
  const pick = (name, w, op, inputs, attrs) => {
    if (!quantised) return node(op, `${name}/${op}`, [dense32(`${name}.weight`, w), ...inputs], attrs);
    const zp = init(`${name}.zero_point`, 'uint8', [], Uint8Array.of(zeroPoint(w)));
    const rows = node(
      op,
      `${name}/${op}`,
      [init(`${name}.weight`, 'uint8', w.shape, Uint8Array.from(w.data)), ...inputs],
      attrs,
    );
    return node('DequantizeLinear', `${name}/DequantizeLinear`, [
      rows,
      f32(`${name}.scale`, [], [w.quantization.scale]),
      zp,
    ]);
  };
  const layerNorm = (name, x, root, output) => {
    const gamma = dense32(`${name}.weight`, get(`${root}/batchnorm/mul/ReadVariableOp`, [H]));
    const beta = dense32(`${name}.bias`, get(`${root}/batchnorm/ReadVariableOp`, [H]));
    return node(
      'LayerNormalization',
      name,
      [x, gamma, beta],
      { axis: -1, epsilon: { float: 1e-12 } },
      output ? [output] : undefined,
    );
  };
  const quantise = (name, x) => {
    if (!quantised) return { x };
    const o = [`${name}_q`, `${name}_scale`, `${name}_zero_point`];
    node('DynamicQuantizeLinear', name, [x], {}, o);
    return { x, q: o[0], scale: o[1], zp: o[2] };
  };
  const linear = (name, a, root, shape) => {
    const w = get(`${root}/Tensordot/ReadVariableOp`, shape);
    const bias = dense32(`${name}.bias`, get(`${root}/BiasAdd/ReadVariableOp`, [shape[1]]));
    let y;
    if (!quantised) y = node('MatMul', `${name}/MatMul`, [a.x, dense32(`${name}.weight`, w)]);
    else if (float(name)) {
      const d = node('DequantizeLinear', `${name}/DequantizeLinear`, [
        bytesOf(`${name}.weight`, w),
        f32(`${name}.scale`, [], [w.quantization.scale]),
        zpOf(`${name}.zero_point`, w),
      ]);
      y = node('MatMul', `${name}/MatMul`, [a.x, d]);
    } else {
      const acc = node('MatMulInteger', `${name}/MatMulInteger`, [
        a.q,
        bytesOf(`${name}.weight`, w),
        a.zp,
        zpOf(`${name}.zero_point`, w),
      ]);
      const cast = node('Cast', `${name}/Cast`, [acc], { to: DT.float32 });
      const scale = node('Mul', `${name}/Scale`, [a.scale, f32(`${name}.scale`, [1], [w.quantization.scale])]);
      y = node('Mul', `${name}/Mul`, [cast, scale]);
    }
    return node('Add', `${name}/Add`, [y, bias]);
  };

  // embeddings
  const words = pick('embeddings.word', get('unknown', [30522, H]), 'Gather', ['input_ids'], { axis: 0 });
  const types = pick('embeddings.token_type', get('unknown_1', [2, H]), 'Gather', ['token_type_ids'], { axis: 0 });
  const shape = node('Shape', 'shape', ['input_ids']);
  const length = node('Slice', 'length', [shape, i64('one', [1], [1]), i64('two', [1], [2])]);
  const positions = pick(
    'embeddings.position',
    get('unknown_0', [512, H]),
    'Slice',
    [i64('zero', [1], [0]), length, i64('axis0', [1], [0])],
    {},
  );
  let x = node('Add', 'embeddings/Add', [node('Add', 'embeddings/AddTypes', [words, types]), positions]);
  x = layerNorm('embeddings.LayerNorm', x, `${ROOT}embeddings/LayerNorm`);

  // additive mask: (1 - mask) * -10000
  const m4 = node('Unsqueeze', 'mask/Unsqueeze', ['attention_mask', i64('axes12', [2], [1, 2])]);
  const mf = node('Cast', 'mask/Cast', [m4], { to: DT.float32 });
  const mask = node('Mul', 'mask/Mul', [
    node('Sub', 'mask/Sub', [f32('f_one', [], [1]), mf]),
    f32('f_mask', [], [-10000]),
  ]);

  const split = i64('heads_shape', [4], [0, 0, HEADS, H / HEADS]),
    merge = i64('hidden_shape', [3], [0, 0, H]);
  for (let l = 0; l < LAYERS; l++) {
    const L = `layer.${l}`,
      root = `${ROOT}encoder/layer_._${l}`;
    const a = quantise(`${L}.attention/Quantize`, x);
    const head = (n, perm) =>
      node(
        'Transpose',
        `${L}.attention.${n}/Transpose`,
        [
          node('Reshape', `${L}.attention.${n}/Reshape`, [
            linear(`${L}.attention.${n}`, a, `${root}/attention/self/${n}`, [H, H]),
            split,
          ]),
        ],
        { perm },
      );
    const q = head('query', [0, 2, 1, 3]),
      k = head('key', [0, 2, 3, 1]),
      v = head('value', [0, 2, 1, 3]);
    const scores = node('Div', `${L}.attention/Div`, [
      node('MatMul', `${L}.attention/Scores`, [q, k]),
      f32('sqrt_d', [], [Math.sqrt(H / HEADS)]),
    ]);
    const probs = node('Softmax', `${L}.attention/Softmax`, [node('Add', `${L}.attention/Mask`, [scores, mask])], {
      axis: -1,
    });
    const ctx = node('Reshape', `${L}.attention/Merge`, [
      node('Transpose', `${L}.attention/Transpose`, [node('MatMul', `${L}.attention/Context`, [probs, v])], {
        perm: [0, 2, 1, 3],
      }),
      merge,
    ]);
    const o = linear(
      `${L}.attention.output`,
      quantise(`${L}.attention.output/Quantize`, ctx),
      `${root}/attention/output/dense`,
      [H, H],
    );
    x = layerNorm(
      `${L}.attention.LayerNorm`,
      node('Add', `${L}.attention/Residual`, [o, x]),
      `${root}/attention/output/LayerNorm`,
    );
    const up = linear(`${L}.intermediate`, quantise(`${L}.intermediate/Quantize`, x), `${root}/intermediate/dense`, [
      H,
      4 * H,
    ]);
    const erf = node('Erf', `${L}.gelu/Erf`, [node('Div', `${L}.gelu/Div`, [up, f32('sqrt2', [], [Math.SQRT2])])]);
    const gelu = node('Mul', `${L}.gelu/Half`, [
      node('Mul', `${L}.gelu/Mul`, [up, node('Add', `${L}.gelu/Add`, [erf, f32('f_one', [], [1])])]),
      f32('f_half', [], [0.5]),
    ]);
    const down = linear(`${L}.output`, quantise(`${L}.output/Quantize`, gelu), `${root}/output/dense`, [4 * H, H]);
    x = layerNorm(
      `${L}.output.LayerNorm`,
      node('Add', `${L}/Residual`, [down, x]),
      `${root}/output/LayerNorm`,
      l === LAYERS - 1 ? 'last_hidden_state' : undefined,
    );
  }

  const io = ['batch_size', 'sequence_length'];
  return Buffer.concat([
    int(1, 8),
    str(2, 'tfjs-minilm-to-onnx'),
    str(3, '1'),
    msg(
      7,
      ...nodes,
      str(2, 'all-MiniLM-L6-v2'),
      ...inits,
      ...['input_ids', 'attention_mask', 'token_type_ids'].map((n) => valueInfo(11, n, 'int64', io)),
      valueInfo(12, 'last_hidden_state', 'float32', [...io, H]),
    ),
    msg(8, str(1, ''), int(2, 17)),
  ]);
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const [, , from, to] = process.argv;
  if (!from || !to) {
    console.error('usage: convert.mjs <tfjs folder> <out folder>');
    process.exit(2);
  }
  const weights = readWeights(from);
  mkdirSync(join(to, 'onnx'), { recursive: true });
  const variants = {
    'model.onnx': {}, // float32
    'model_quantized.onnx': { quantised: true }, // uint8 weights, MatMulInteger; activations quantised per tensor
    'model_int8.onnx': { quantised: true, signed: true }, // the same with int8 weights: faster with VNNI, saturates without
    'model_uint8.onnx': { quantised: true, float: () => true }, // uint8 weights through DequantizeLinear + MatMul
  };
  for (const [file, opts] of Object.entries(variants)) {
    const out = build(weights, opts);
    writeFileSync(join(to, 'onnx', file), out);
    console.log(createHash('sha256').update(out).digest('hex'), out.length, `onnx/${file}`);
  }
}
