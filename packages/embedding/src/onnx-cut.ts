import protobuf from 'protobufjs/minimal.js';
import { GRAPH, MODEL_GRAPH, TENSOR, tagOf, WIRE } from './onnx-proto.ts';

const { Reader, Writer } = protobuf;

/** Field numbers of onnx.proto3. */
const NODE = { input: 1, output: 2 } as const;
const VALUE = { name: 1, type: 2 } as const;
const TYPE_TENSOR = 1;
const TENSOR_TYPE_ELEMENT = 1;
const FLOAT = 1;

interface Field {
  readonly number: number;
  /** Tag and all. */
  readonly whole: Uint8Array;
  /** Of a length-delimited one; else empty. */
  readonly content: Uint8Array;
}

function* fieldsOf(message: Uint8Array): Generator<Field> {
  const reader = Reader.create(message);
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const tag = reader.uint32();
    const isBytes = (tag & 7) === WIRE.lengthDelimited;
    const content = isBytes ? reader.bytes() : new Uint8Array();
    if (!isBytes) reader.skipType(tag & 7);
    yield { number: tag >>> 3, whole: message.subarray(from, reader.pos), content };
  }
}

const textsOf = (message: Uint8Array, number: number): string[] =>
  [...fieldsOf(message)].filter((field) => field.number === number).map(({ content }) => utf8(content));

const utf8 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');

/** By the names of tensors. */
export interface ModelPart {
  readonly inputs?: readonly string[];
  readonly outputs: readonly string[];
}

interface Node {
  readonly whole: Uint8Array;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * The part of an ONNX model that makes `outputs`, which takes those of `inputs` that it needs as given instead of making them.
 * Both name float tensors or inputs and outputs of the whole. Nodes and weights are the bytes that they were: what it computes is bit
 * for bit what the whole does. Answers its pieces, in order, most of them views of `model`. Throws an Error of one line where the model has no such tensor.
 */
export function cutModel(model: Uint8Array, part: ModelPart): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (const field of fieldsOf(model)) {
    if (field.number !== MODEL_GRAPH) pieces.push(field.whole);
    else {
      const graph = cutGraph(field.content, part.inputs ?? [], part.outputs);
      pieces.push(new Writer().uint32(tagOf(MODEL_GRAPH)).uint32(sizeOf(graph)).finish(), ...graph);
    }
  }
  return pieces;
}

const sizeOf = (pieces: readonly Uint8Array[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

function cutGraph(graph: Uint8Array, inputs: readonly string[], outputs: readonly string[]): Uint8Array[] {
  const fields = [...fieldsOf(graph)];
  const nodes = fields
    .filter(({ number }) => number === GRAPH.node)
    .map(
      ({ whole, content }): Node => ({
        whole,
        inputs: textsOf(content, NODE.input),
        outputs: textsOf(content, NODE.output),
      }),
    );
  const { kept, used } = neededFor(nodes, inputs, outputs);
  const isUsed = (field: Field, name: number) => textsOf(field.content, name).some((one) => used.has(one));
  const values = fields.filter(({ number }) => number === GRAPH.input || number === GRAPH.output);
  const known = (number: number, name: string) =>
    values.find((field) => field.number === number && textsOf(field.content, VALUE.name)[0] === name)?.whole;
  return [
    ...kept.map(({ whole }) => whole),
    ...fields.filter(({ number }) => number === GRAPH.name).map(({ whole }) => whole),
    ...fields
      .filter((field) => field.number === GRAPH.initializer && isUsed(field, TENSOR.name))
      .map(({ whole }) => whole),
    ...values.filter((field) => field.number === GRAPH.input && isUsed(field, VALUE.name)).map(({ whole }) => whole),
    ...inputs.filter((name) => used.has(name)).map((name) => floats(GRAPH.input, name)),
    ...outputs.map((name) => known(GRAPH.output, name) ?? floats(GRAPH.output, name)),
  ];
}

/** Backwards from the outputs: ONNX lists nodes in an order in which they can run. */
function neededFor(nodes: readonly Node[], inputs: readonly string[], outputs: readonly string[]) {
  const used = new Set(outputs);
  const given = new Set(inputs);
  const kept: Node[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => used.has(name) && !given.has(name))) continue;
    kept.unshift(node);
    for (const name of node.inputs) used.add(name);
  }
  const made = new Set(kept.flatMap((node) => node.outputs));
  const unknown = outputs.find((name) => !made.has(name)) ?? inputs.find((name) => !used.has(name));
  if (unknown !== undefined) throw new Error(`the model has no tensor ${unknown}`);
  return { kept, used };
}

/** A float tensor of whatever shape. */
function floats(number: number, name: string): Uint8Array {
  const writer = new Writer().uint32(tagOf(number)).fork().uint32(tagOf(VALUE.name)).string(name);
  writer.uint32(tagOf(VALUE.type)).fork().uint32(tagOf(TYPE_TENSOR)).fork();
  return writer
    .uint32(TENSOR_TYPE_ELEMENT << 3)
    .uint32(FLOAT)
    .ldelim()
    .ldelim()
    .ldelim()
    .finish();
}
