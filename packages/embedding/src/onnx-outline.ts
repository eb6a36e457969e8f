import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import protobuf from 'protobufjs/minimal.js';
import { GRAPH, MODEL_GRAPH, TENSOR, tagOf, WIRE } from './onnx-proto.ts';

const { Reader, Writer } = protobuf;

const EXTERNAL = 1;
const ENTRY = { key: 1, value: 2 } as const;

/** Smaller weights are copied: floats among them would lie in the file where no processor wants to read floats. */
const EXTERNAL_BYTES_MIN = 64 * 2 ** 10;
/** A tag and a length, and the fields of small messages, in one read. */
const WINDOW_BYTES = 4096;

/**
 * The model in `file` without its large weights, which it names by their place in that file (ONNX's external data): whoever opens
 * it from memory, with the file's folder as the place of external data, maps them instead of reading them. A few hundred kB for
 * a model of any size. Throws an Error of one line where the file is no protocol buffer.
 */
export function outlineOf(file: string): Uint8Array {
  const handle = openSync(file, 'r');
  try {
    const bytes = new FileBytes(handle, file);
    const model = { from: 0, to: bytes.length };
    return rewritten(bytes, model, (field) => {
      if (field.number !== MODEL_GRAPH) return undefined;
      const graph = rewritten(bytes, field.content, (part) =>
        isLarge(part, GRAPH.initializer)
          ? fieldOf(part.number, withoutWeights(bytes, part.content, basename(file)))
          : undefined,
      );
      return fieldOf(field.number, graph);
    });
  } finally {
    closeSync(handle);
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

interface Field {
  readonly number: number;
  /** Tag and all. */
  readonly whole: Span;
  /** Of a length-delimited one; else empty. */
  readonly content: Span;
}

const sizeOf = ({ from, to }: Span): number => to - from;
const isLarge = (field: Field, number: number): boolean =>
  field.number === number && sizeOf(field.content) >= EXTERNAL_BYTES_MIN;

const fieldOf = (number: number, content: Uint8Array): Uint8Array =>
  new Writer().uint32(tagOf(number)).bytes(content).finish();

/** The message in `span`, with others in the place of the fields for which `replaced` answers some. */
function rewritten(bytes: FileBytes, span: Span, replaced: (field: Field) => Uint8Array | undefined): Uint8Array {
  return Buffer.concat(Array.from(bytes.fields(span), (field) => replaced(field) ?? bytes.read(field.whole)));
}

const withoutWeights = (bytes: FileBytes, tensor: Span, location: string): Uint8Array =>
  rewritten(bytes, tensor, (field) =>
    isLarge(field, TENSOR.rawData)
      ? externalData({ location, offset: `${field.content.from}`, length: `${sizeOf(field.content)}` })
      : undefined,
  );

function externalData(entries: Record<string, string>): Uint8Array {
  const writer = new Writer();
  for (const [key, value] of Object.entries(entries)) {
    writer.uint32(tagOf(TENSOR.externalData)).fork();
    writer.uint32(tagOf(ENTRY.key)).string(key).uint32(tagOf(ENTRY.value)).string(value).ldelim();
  }
  return writer.uint32(tagOf(TENSOR.dataLocation, WIRE.varint)).uint32(EXTERNAL).finish();
}

/** A file's bytes by place, without the whole of it in memory. */
class FileBytes {
  readonly length: number;
  readonly #handle: number;
  readonly #file: string;
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  #from = 0;
  #to = 0;

  constructor(handle: number, file: string) {
    this.#handle = handle;
    this.#file = file;
    this.length = fstatSync(handle).size;
  }

  *fields({ from, to }: Span): Generator<Field> {
    for (let at = from; at < to; ) {
      const field = this.#fieldAt(at, to);
      yield field;
      at = field.whole.to;
    }
  }

  read({ from, to }: Span): Uint8Array {
    if (this.#holds(from, to)) return Buffer.from(this.#window.subarray(from - this.#from, to - this.#from));
    const bytes = Buffer.allocUnsafe(to - from);
    if (this.#fill(bytes, from) < bytes.length) throw this.#broken();
    return bytes;
  }

  #fieldAt(from: number, end: number): Field {
    const reader = Reader.create(this.#near(from));
    try {
      const tag = reader.uint32();
      const isBytes = (tag & 7) === WIRE.lengthDelimited;
      const size = isBytes ? reader.uint32() : 0;
      const content = { from: from + reader.pos, to: from + reader.pos + size };
      if (!isBytes) reader.skipType(tag & 7);
      const whole = { from, to: isBytes ? content.to : from + reader.pos };
      if (whole.to > end) throw this.#broken();
      return { number: tag >>> 3, whole, content };
    } catch (cause) {
      throw this.#broken(cause);
    }
  }

  /** What follows `from`: enough for any tag and length. */
  #near(from: number): Uint8Array {
    if (!this.#holds(from, Math.min(from + 32, this.length))) {
      this.#from = from;
      this.#to = from + this.#fill(this.#window, from);
    }
    return this.#window.subarray(from - this.#from, this.#to - this.#from);
  }

  #holds(from: number, to: number): boolean {
    return from >= this.#from && to <= this.#to;
  }

  #fill(into: Uint8Array, from: number): number {
    let filled = 0;
    for (let read = -1; read !== 0 && filled < into.length; filled += read)
      read = readSync(this.#handle, into, filled, into.length - filled, from + filled);
    return filled;
  }

  #broken(cause?: unknown): Error {
    return new Error(`${this.#file} is no ONNX model`, { cause });
  }
}
