import {
  type Entry,
  type EntryHead,
  entryOf,
  type HeadTuple,
  headOf,
  headTuple,
  type PendingWrite,
  type UnitVector,
} from '@nearhit/core';
import { Packr, RESET_BUFFER_MODE } from 'msgpackr';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const FORMAT = 1;

/** Who does not know of the last part does not look at it. */
type JobTuple = readonly [
  format: number,
  askedAtMs: number,
  head: HeadTuple,
  answer: Buffer,
  vector: Buffer | null,
  traceparent?: string,
];

const QUOTE = 0x22;
const SLAB_BYTES = 262_144;
let slab = Buffer.allocUnsafeSlow(0);
let slabUsed = 0;

/** Jobs live for one batch, so they share memory: an allocation of its own for each costs more than filling it. */
function takeBytes(bytes: number): Buffer {
  if (bytes > SLAB_BYTES / 8) return Buffer.allocUnsafeSlow(bytes);
  if (slabUsed + bytes > slab.length) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabUsed = 0;
  }
  slabUsed += bytes;
  return slab.subarray(slabUsed - bytes, slabUsed);
}

/**
 * UTF-8 JSON of a text, as BullMQ keeps a job's data: base64 of MessagePack, for bytes have no cheaper form in JSON. The
 * vector is float32 as it lies.
 */
export function encodeJob({ entry, askedAtMs, traceparent }: PendingWrite): Buffer {
  const { answer, vector } = entry;
  const floats = vector === undefined ? null : Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  const plain = [FORMAT, askedAtMs, headTuple(entry), answer, floats] as const;
  const tuple: JobTuple = traceparent === undefined ? plain : [...plain, traceparent];
  // The next call may use the same memory: the bytes are gone from there by then.
  const text = (packr.pack(tuple, RESET_BUFFER_MODE) as Buffer).toString('base64');
  const json = takeBytes(text.length + 2);
  json[0] = QUOTE;
  json.write(text, 1, 'latin1');
  json[text.length + 1] = QUOTE;
  return json;
}

/** `data`: the text, as BullMQ reads it. Throws a TypeError on what `encodeJob` did not make, and on a damaged answer. */
export function decodeJob(data: unknown): PendingWrite {
  const { head, tuple } = readTuple(data);
  const [, askedAtMs, , answer, vector, traceparent] = tuple;
  // Copies: what msgpackr gives are views of the whole message.
  const entry = entryOf(head, Buffer.from(answer), vector === null ? undefined : toVector(vector));
  if (entry === undefined) throw new TypeError('the answer of a job is damaged');
  return { entry, askedAtMs, ...(typeof traceparent === 'string' && { traceparent }) };
}

/** What may be shown of a job: no prompt, no answer. Undefined when it can't be read. */
export interface JobSummary {
  readonly entryId: Entry['id'];
  readonly namespace: string;
  readonly model: string;
  readonly queryChars: number;
  readonly answerBytes: number;
  readonly dimensions: number;
  readonly askedAtMs: number;
}

export function summarizeJob(data: unknown): JobSummary | undefined {
  try {
    const { head, tuple } = readTuple(data);
    const [, askedAtMs, , answer, vector] = tuple;
    return {
      entryId: head.id,
      namespace: head.scope.namespace,
      model: head.scope.model,
      queryChars: head.query.length,
      answerBytes: answer.length,
      dimensions: (vector?.length ?? 0) / 4,
      askedAtMs,
    };
  } catch {
    return undefined;
  }
}

function readTuple(data: unknown): { tuple: JobTuple; head: EntryHead } {
  if (typeof data !== 'string') throw new TypeError('the data of a job is no text');
  const tuple: unknown = packr.unpack(Buffer.from(data, 'base64'));
  if (!isJobTuple(tuple)) throw new TypeError('the data of a job is of no known format');
  return { tuple, head: headOf(tuple[2]) };
}

function isJobTuple(value: unknown): value is JobTuple {
  if (!Array.isArray(value) || value[0] !== FORMAT) return false;
  const [, askedAtMs, head, answer, vector] = value;
  return (
    typeof askedAtMs === 'number' &&
    Array.isArray(head) &&
    Buffer.isBuffer(head[0]) &&
    head[0].length === 32 &&
    Buffer.isBuffer(answer) &&
    (vector === null || (Buffer.isBuffer(vector) && vector.length % 4 === 0))
  );
}

function toVector(bytes: Buffer): UnitVector {
  const vector = new Float32Array(bytes.length / 4);
  Buffer.from(vector.buffer).set(bytes);
  return vector as UnitVector;
}
