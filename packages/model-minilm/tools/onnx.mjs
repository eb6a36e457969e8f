// ONNX protobufs (onnx/onnx.proto): IR version 8, operator set 17.
import { bytes, fields, float, int, message, text } from './protobuf.mjs';

export const TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 };
const IR_VERSION = 8;
const OPERATOR_SET = 17;
const ATTRIBUTE = { float: 1, int: 2, ints: 7 };

/** TensorProto: 1 dims, 2 data_type, 8 name, 9 raw_data. */
export function tensor(name, type, dims, array) {
  const data = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return Buffer.concat([...dims.map((d) => int(1, d)), int(2, TYPES[type]), text(8, name), bytes(9, data)]);
}

export function readTensor(body) {
  const all = fields(body);
  const one = (field) => all.find((f) => f.field === field)?.body;
  return {
    dims: all.filter((f) => f.field === 1).map((f) => Number(f.body)),
    name: one(8).toString('utf8'),
    data: one(9),
  };
}

/** AttributeProto. A list is `ints`, `{ float }` a float, a number an int. */
function attribute(name, value) {
  if (Array.isArray(value)) return message(5, text(1, name), ...value.map((i) => int(8, i)), int(20, ATTRIBUTE.ints));
  if (typeof value === 'object') return message(5, text(1, name), float(2, value.float), int(20, ATTRIBUTE.float));
  return message(5, text(1, name), int(3, value), int(20, ATTRIBUTE.int));
}

/** ValueInfoProto. `dims`: lengths, or names of what varies. */
function valueInfo(field, { name, type, dims }) {
  const shape = dims.map((d) => message(1, typeof d === 'number' ? int(1, d) : text(2, d)));
  return message(field, text(1, name), message(2, message(1, int(1, TYPES[type]), message(2, ...shape))));
}

/** A graph in the making: nodes in order, and what they are given that is not computed. */
export class Graph {
  #nodes = [];
  #initializers = [];
  #names = new Set();

  /** Answers the name; a second one of the same name is the first. */
  constant(name, type, dims, array) {
    if (!this.#names.has(name)) {
      this.#names.add(name);
      this.#initializers.push(message(5, tensor(name, type, dims, array)));
    }
    return name;
  }

  floats(name, dims, values) {
    return this.constant(name, 'float32', dims, Float32Array.from(values));
  }

  int64s(name, dims, values) {
    return this.constant(name, 'int64', dims, BigInt64Array.from(values, BigInt));
  }

  /** Answers the name of its first output. */
  node(op, name, inputs, attributes = {}, outputs = [`${name}_out`]) {
    this.#nodes.push(
      message(
        1,
        ...inputs.map((input) => text(1, input)),
        ...outputs.map((output) => text(2, output)),
        text(3, name),
        text(4, op),
        ...Object.entries(attributes).map(([key, value]) => attribute(key, value)),
      ),
    );
    return outputs[0];
  }

  /** ModelProto. */
  model({ producer, version, name, inputs, outputs }) {
    const io = [...inputs.map((each) => valueInfo(11, each)), ...outputs.map((each) => valueInfo(12, each))];
    return Buffer.concat([
      int(1, IR_VERSION),
      text(2, producer),
      text(3, version),
      message(7, ...this.#nodes, text(2, name), ...this.#initializers, ...io),
      message(8, text(1, ''), int(2, OPERATOR_SET)),
    ]);
  }
}
