import type { Embedder } from '@nearhit/core';
import { type Line, linesOf } from '../lines.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import type { GuardLevel } from './judge.ts';
import type { PolicyJudge } from './policy-judge.ts';
import { evaluateStream, readStreamRow, type StreamResult, type StreamRow } from './stream.ts';

/** What was measured on one file. */
export type EvaluatedFile = { readonly file: string } & (
  | ({ readonly form: 'pairs' } & Evaluation)
  | { readonly form: 'stream'; readonly stream: StreamResult; readonly badLines: number }
);

/** With what, for reports. */
export interface EvaluationFacts {
  readonly embeddingModel: string;
  readonly verifier: string;
  readonly bar: number;
  /** ISO date. */
  readonly date: string;
  readonly version: string;
}

export interface MeasureOptions {
  readonly file: string;
  readonly chunks: AsyncIterable<Buffer>;
  readonly embedder: Embedder;
  readonly judge: PolicyJudge;
  /** Rising. */
  readonly thresholds: readonly number[];
  readonly guards: readonly GuardLevel[];
  readonly rowsMax: number;
  readonly onProgress: (bytes: number, rows: number, what: 'pair' | 'request') => void;
  readonly onBadLine: (line: number, fault: string) => void;
}

/** Its first readable line says what a file is. Undefined: it has none. */
export async function measuredFile(options: MeasureOptions): Promise<EvaluatedFile | undefined> {
  const { file, chunks } = options;
  const lines = linesOf(chunks) as AsyncGenerator<Line>;
  const before: Line[] = [];
  let isStream = false;
  for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
    before.push(next.value);
    if (next.value.text === undefined || next.value.text.trim() === '') continue;
    isStream = readStreamRow(next.value.text) !== undefined;
    break;
  }
  const all = chained(before, lines);
  if (isStream) return { file, form: 'stream', ...(await measuredStream(all, options)) };
  const evaluation = await evaluate({
    ...{ ...options, lines: all, pairsMax: options.rowsMax },
    onProgress: (bytes, pairs) => options.onProgress(bytes, pairs, 'pair'),
  });
  return evaluation.pairs.total === 0 ? undefined : { file, form: 'pairs', ...evaluation };
}

async function* chained(before: readonly Line[], rest: AsyncGenerator<Line>): AsyncGenerator<Line> {
  yield* before;
  yield* rest;
}

async function measuredStream(lines: AsyncGenerator<Line>, options: MeasureOptions) {
  const rows: StreamRow[] = [];
  let [bytes, badLines] = [0, 0];
  for await (const line of lines) {
    bytes += line.bytes;
    if (line.text !== undefined && line.text.trim() === '') continue;
    const row = line.text === undefined ? undefined : readStreamRow(line.text);
    if (row === undefined) {
      badLines += 1;
      options.onBadLine(line.number, line.fault ?? 'expected {"prompt", "group"}');
    } else rows.push(row);
    if (rows.length >= options.rowsMax) break;
  }
  const onProgress = (done: number) => options.onProgress((bytes * done) / rows.length, done, 'request');
  return { badLines, stream: await evaluateStream(rows, options.embedder, options.judge, onProgress) };
}
