// all-MiniLM-L6-v2 as an ONNX graph: a BERT of six layers.
// Inputs  input_ids, attention_mask, token_type_ids: int64 [batch_size, sequence_length]
// Output  last_hidden_state: float32 [batch_size, sequence_length, 384]
import { Graph, TYPES } from './onnx.mjs';
import { dequantized, zeroPointOf } from './tfjs.mjs';

const HIDDEN = 384;
const HEADS = 12;
const LAYERS = 6;
const VOCABULARY = 30522;
const POSITIONS = 512;
const MASKED = -10000;
const ROOT = 'StatefulPartitionedCall/model/tf_bert_model/bert/';

/**
 * `weights`: of tfjs.mjs. `quantized`: weights stay the bytes they are and are multiplied as integers with activations that
 * are quantized at run time, one scale per tensor; else all is float32. `signed`: those bytes as int8, not uint8. `float`:
 * they are turned to floats before they are multiplied.
 */
export function minilm(weights, options = {}) {
  return new MiniLm(weights, options).model();
}

class MiniLm {
  #graph = new Graph();
  #weights;
  #quantized;
  #signed;
  #float;

  constructor(weights, { quantized = false, signed = false, float = false }) {
    this.#weights = weights;
    this.#quantized = quantized;
    this.#signed = signed;
    this.#float = float;
  }

  model() {
    let x = this.#embeddings();
    const shared = this.#shared();
    for (let layer = 0; layer < LAYERS; layer++) x = this.#layer(layer, x, shared);
    const dims = ['batch_size', 'sequence_length'];
    return this.#graph.model({
      ...{ producer: 'tfjs-minilm-to-onnx', version: '1', name: 'all-MiniLM-L6-v2' },
      inputs: ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({ name, type: 'int64', dims })),
      outputs: [{ name: 'last_hidden_state', type: 'float32', dims: [...dims, HIDDEN] }],
    });
  }

  #embeddings() {
    const graph = this.#graph;
    const words = this.#rows('word', this.#weight('unknown', [VOCABULARY, HIDDEN]), 'Gather', ['input_ids'], {
      axis: 0,
    });
    const types = this.#rows('token_type', this.#weight('unknown_1', [2, HIDDEN]), 'Gather', ['token_type_ids'], {
      axis: 0,
    });
    const shape = graph.node('Shape', 'shape', ['input_ids']);
    const length = graph.node('Slice', 'length', [shape, graph.int64s('one', [1], [1]), graph.int64s('two', [1], [2])]);
    const bounds = [graph.int64s('zero', [1], [0]), length, graph.int64s('axis0', [1], [0])];
    const positions = this.#rows('position', this.#weight('unknown_0', [POSITIONS, HIDDEN]), 'Slice', bounds, {});
    const sum = graph.node('Add', 'embeddings/AddTypes', [words, types]);
    const x = graph.node('Add', 'embeddings/Add', [sum, positions]);
    return this.#layerNorm('embeddings.LayerNorm', x, `${ROOT}embeddings/LayerNorm`);
  }

  /** What all layers use: the additive mask, (1 - attention_mask) * -10000, and the shapes of heads. */
  #shared() {
    const graph = this.#graph;
    const wide = graph.node('Unsqueeze', 'mask/Unsqueeze', ['attention_mask', graph.int64s('axes12', [2], [1, 2])]);
    const cast = graph.node('Cast', 'mask/Cast', [wide], { to: TYPES.float32 });
    const padding = graph.node('Sub', 'mask/Sub', [graph.floats('f_one', [], [1]), cast]);
    return {
      mask: graph.node('Mul', 'mask/Mul', [padding, graph.floats('f_mask', [], [MASKED])]),
      split: graph.int64s('heads_shape', [4], [0, 0, HEADS, HIDDEN / HEADS]),
      merge: graph.int64s('hidden_shape', [3], [0, 0, HIDDEN]),
    };
  }

  #layer(number, x, shared) {
    const name = `layer.${number}`;
    const root = `${ROOT}encoder/layer_._${number}`;
    const attended = this.#attention(name, root, x, shared);
    const added = this.#graph.node('Add', `${name}.attention/Residual`, [attended, x]);
    const y = this.#layerNorm(`${name}.attention.LayerNorm`, added, `${root}/attention/output/LayerNorm`);
    const fed = this.#graph.node('Add', `${name}/Residual`, [this.#feedForward(name, root, y), y]);
    const output = number === LAYERS - 1 ? 'last_hidden_state' : undefined;
    return this.#layerNorm(`${name}.output.LayerNorm`, fed, `${root}/output/LayerNorm`, output);
  }

  #attention(layer, root, x, { mask, split, merge }) {
    const graph = this.#graph;
    const name = `${layer}.attention`;
    const input = this.#quantize(`${name}/Quantize`, x);
    const head = (part, perm) => {
      const all = this.#linear(`${name}.${part}`, input, `${root}/attention/self/${part}`, [HIDDEN, HIDDEN]);
      const heads = graph.node('Reshape', `${name}.${part}/Reshape`, [all, split]);
      return graph.node('Transpose', `${name}.${part}/Transpose`, [heads], { perm });
    };
    const q = head('query', [0, 2, 1, 3]);
    const k = head('key', [0, 2, 3, 1]);
    const v = head('value', [0, 2, 1, 3]);
    const products = graph.node('MatMul', `${name}/Scores`, [q, k]);
    const norm = graph.floats('sqrt_d', [], [Math.sqrt(HIDDEN / HEADS)]);
    const scores = graph.node('Div', `${name}/Div`, [products, norm]);
    const masked = graph.node('Add', `${name}/Mask`, [scores, mask]);
    const shares = graph.node('Softmax', `${name}/Softmax`, [masked], { axis: -1 });
    const context = graph.node('MatMul', `${name}/Context`, [shares, v]);
    const turned = graph.node('Transpose', `${name}/Transpose`, [context], { perm: [0, 2, 1, 3] });
    const merged = graph.node('Reshape', `${name}/Merge`, [turned, merge]);
    const output = this.#quantize(`${name}.output/Quantize`, merged);
    return this.#linear(`${name}.output`, output, `${root}/attention/output/dense`, [HIDDEN, HIDDEN]);
  }

  #feedForward(layer, root, x) {
    const graph = this.#graph;
    const input = this.#quantize(`${layer}.intermediate/Quantize`, x);
    const wide = [HIDDEN, 4 * HIDDEN];
    const up = this.#linear(`${layer}.intermediate`, input, `${root}/intermediate/dense`, wide);
    const scaled = graph.node('Div', `${layer}.gelu/Div`, [up, graph.floats('sqrt2', [], [Math.SQRT2])]);
    const erf = graph.node('Erf', `${layer}.gelu/Erf`, [scaled]);
    const shifted = graph.node('Add', `${layer}.gelu/Add`, [erf, graph.floats('f_one', [], [1])]);
    const product = graph.node('Mul', `${layer}.gelu/Mul`, [up, shifted]);
    const gelu = graph.node('Mul', `${layer}.gelu/Half`, [product, graph.floats('f_half', [], [0.5])]);
    const output = this.#quantize(`${layer}.output/Quantize`, gelu);
    return this.#linear(`${layer}.output`, output, `${root}/output/dense`, [4 * HIDDEN, HIDDEN]);
  }

  #layerNorm(name, x, root, output) {
    const gamma = this.#dense(`${name}.weight`, this.#weight(`${root}/batchnorm/mul/ReadVariableOp`, [HIDDEN]));
    const beta = this.#dense(`${name}.bias`, this.#weight(`${root}/batchnorm/ReadVariableOp`, [HIDDEN]));
    const attributes = { axis: -1, epsilon: { float: 1e-12 } };
    return this.#graph.node('LayerNormalization', name, [x, gamma, beta], attributes, output && [output]);
  }

  /** Of a table: picked as bytes, turned to floats afterwards. */
  #rows(table, weight, op, inputs, attributes) {
    const graph = this.#graph;
    const name = `embeddings.${table}`;
    if (!this.#quantized)
      return graph.node(op, `${name}/${op}`, [this.#dense(`${name}.weight`, weight), ...inputs], attributes);
    const zero = graph.constant(`${name}.zero_point`, 'uint8', [], Uint8Array.of(zeroPointOf(weight)));
    const all = graph.constant(`${name}.weight`, 'uint8', weight.shape, Uint8Array.from(weight.data));
    const rows = graph.node(op, `${name}/${op}`, [all, ...inputs], attributes);
    return graph.node('DequantizeLinear', `${name}/DequantizeLinear`, [rows, this.#scale(name, weight, []), zero]);
  }

  /** `a`: of `#quantize`. */
  #linear(name, a, root, shape) {
    const weight = this.#weight(`${root}/Tensordot/ReadVariableOp`, shape);
    const bias = this.#dense(`${name}.bias`, this.#weight(`${root}/BiasAdd/ReadVariableOp`, [shape[1]]));
    return this.#graph.node('Add', `${name}/Add`, [this.#product(name, a, weight), bias]);
  }

  #product(name, a, weight) {
    const graph = this.#graph;
    if (!this.#quantized) return graph.node('MatMul', `${name}/MatMul`, [a.x, this.#dense(`${name}.weight`, weight)]);
    if (this.#float) {
      const inputs = [this.#bytes(name, weight), this.#scale(name, weight, []), this.#zeroPoint(name, weight)];
      const floats = graph.node('DequantizeLinear', `${name}/DequantizeLinear`, inputs);
      return graph.node('MatMul', `${name}/MatMul`, [a.x, floats]);
    }
    const inputs = [a.q, this.#bytes(name, weight), a.zero, this.#zeroPoint(name, weight)];
    const sums = graph.node('MatMulInteger', `${name}/MatMulInteger`, inputs);
    const cast = graph.node('Cast', `${name}/Cast`, [sums], { to: TYPES.float32 });
    const scale = graph.node('Mul', `${name}/Scale`, [a.scale, this.#scale(name, weight, [1])]);
    return graph.node('Mul', `${name}/Mul`, [cast, scale]);
  }

  #quantize(name, x) {
    if (!this.#quantized) return { x };
    const [q, scale, zero] = [`${name}_q`, `${name}_scale`, `${name}_zero_point`];
    this.#graph.node('DynamicQuantizeLinear', name, [x], {}, [q, scale, zero]);
    return { x, q, scale, zero };
  }

  #weight(name, shape) {
    const weight = this.#weights.get(name);
    if (!weight) throw new Error(`no weight ${name}`);
    if (String(weight.shape) !== String(shape)) throw new Error(`${name}: shape ${weight.shape}, expected ${shape}`);
    return weight;
  }

  #dense(name, weight) {
    return this.#graph.floats(name, weight.shape, dequantized(weight));
  }

  #scale(name, { quantization }, dims) {
    return this.#graph.floats(`${name}.scale`, dims, [quantization.scale]);
  }

  #bytes(name, { shape, data }) {
    if (!this.#signed) return this.#graph.constant(`${name}.weight`, 'uint8', shape, Uint8Array.from(data));
    const centred = Int8Array.from(data, (q) => q - 128);
    return this.#graph.constant(`${name}.weight`, 'int8', shape, centred);
  }

  #zeroPoint(name, weight) {
    const zero = zeroPointOf(weight);
    if (!this.#signed) return this.#graph.constant(`${name}.zero_point`, 'uint8', [], Uint8Array.of(zero));
    return this.#graph.constant(`${name}.zero_point`, 'int8', [], Int8Array.of(zero - 128));
  }
}
