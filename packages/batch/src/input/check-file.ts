import { type BatchFault, NearhitError } from '@nearhit/core';
import { linesOf } from './lines.ts';
import { isFault, readRequestLine } from './request-line.ts';

export interface InputBounds {
  readonly linesMax: number;
  readonly lineBytesMax: number;
}

export interface CheckedFile {
  /** Empty: it may run. */
  readonly faults: readonly BatchFault[];
  /** Requests in it. */
  readonly total: number;
  /** Number of the last line that holds one. */
  readonly lastLine: number;
  readonly model: string;
}

/** A file that is wrong throughout need not be told so 50,000 times. */
const FAULTS_MAX = 1000;

/** Reads the whole file once and finds what is wrong with it, line by line. Nothing has been asked by then. */
export async function checkFile(
  pieces: AsyncIterable<Buffer>,
  endpoint: string,
  bounds: InputBounds,
): Promise<CheckedFile> {
  const faults: BatchFault[] = [];
  const lineOf = new Map<string, number>();
  let [total, lastLine, model] = [0, 0, ''];
  for await (const raw of linesOf(pieces, bounds.lineBytesMax)) {
    total += 1;
    lastLine = raw.number;
    if (total > bounds.linesMax) return { faults: [tooMany(bounds.linesMax)], total: 0, lastLine, model };
    if (faults.length >= FAULTS_MAX) continue;
    const read = readRequestLine(raw, endpoint, bounds.lineBytesMax);
    if (isFault(read)) {
      faults.push(read);
      continue;
    }
    const first = lineOf.get(read.customId);
    if (first === undefined) lineOf.set(read.customId, read.number);
    else faults.push(duplicate(read.customId, read.number, first));
    if (model === '') model = read.model;
    else if (model !== read.model) faults.push(mismatched(read.model, read.number, model));
  }
  if (total === 0)
    faults.push({ code: 'empty_file', message: 'The input file is empty. It must hold a request a line.' });
  return { faults, total: faults.length > 0 ? 0 : total, lastLine, model };
}

const tooMany = (linesMax: number): BatchFault => ({
  code: 'too_many_tasks',
  message: `The input file holds more than ${linesMax} requests. Make several batches of it.`,
});

const duplicate = (customId: string, line: number, first: number): BatchFault => ({
  code: 'duplicate_custom_id',
  message: `The custom_id ${JSON.stringify(customId.slice(0, 100))} for this request is a duplicate of that in line ${first}.`,
  param: 'custom_id',
  line,
});

const mismatched = (model: string, line: number, first: string): BatchFault => ({
  code: 'mismatched_model',
  message: `The model ${JSON.stringify(model.slice(0, 100))} for this request does not match the rest of the batch (${JSON.stringify(first.slice(0, 100))}). Each batch must contain requests for a single model.`,
  param: 'body.model',
  line,
});

/** The file's end while it was read: a batch can't go on without it. */
export const isGone = (error: unknown): boolean => error instanceof NearhitError && error.kind === 'NOT_FOUND';
