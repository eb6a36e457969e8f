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
import { Packr } from 'msgpackr';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const FORMAT = 1;

type JobTuple = readonly [format: number, askedAtMs: number, head: HeadTuple, answer: Buffer, vector: Buffer | null];

/** Base64 of MessagePack: BullMQ's job data is JSON, in which bytes have no cheaper form. The vector is float32 as it lies. */
export function encodeJob({ entry, askedAtMs }: PendingWrite): string {
  const { answer, vector } = entry;
  const bytes = vector === undefined ? null : Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  const tuple: JobTuple = [FORMAT, askedAtMs, headTuple(entry), answer, bytes];
  return (packr.pack(tuple) as Buffer).toString('base64');
}

/** Throws a TypeError on what `encodeJob` did not make, and on a damaged answer. */
export function decodeJob(data: unknown): PendingWrite {
  const { head, tuple } = readTuple(data);
  const [, askedAtMs, , answer, vector] = tuple;
  // Copies: what msgpackr gives are views of the whole message.
  const entry = entryOf(head, Buffer.from(answer), vector === null ? undefined : toVector(vector));
  if (entry === undefined) throw new TypeError('the answer of a job is damaged');
  return { entry, askedAtMs };
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
