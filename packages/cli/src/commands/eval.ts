import { createReadStream, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Embedder } from '@nearhit/core';
import { Command } from 'commander';
import { type Evaluation, evaluate } from '../eval/evaluate.ts';
import { GUARD_LEVELS, type GuardLevel } from '../eval/judge.ts';
import { reportEvaluation } from '../eval/report.ts';
import { Failure } from '../failures.ts';
import { bytes as bytesText, counted, whole } from '../format.ts';
import { type Io, type SetExitCode, variable } from '../io.ts';
import { someOf, thresholds, wholeNumber } from '../options.ts';
import { Output } from '../output.ts';
import { startProgress } from '../progress.ts';

interface EvalOptions {
  readonly threshold?: number[];
  readonly guard?: GuardLevel[];
  readonly limit?: number;
  readonly model?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

const THRESHOLDS = thresholds('0.75..0.99');
const GUARDS: readonly GuardLevel[] = ['off', 'standard'];
const BAD_LINES_SHOWN = 20;
/** Texts whose vectors are kept: 2 KB each. */
const MEMO_ENTRIES = 20_000;

export function evalCommand(io: Io, exitWith: SetExitCode): Command {
  return new Command('eval')
    .description('How often would the cache be right? On pairs of questions that are known to mean the same or not')
    .argument('<pairs.jsonl>', 'one {"a", "b", "equivalent", "kind"?} a line; - for stdin')
    .option('--threshold <list>', 'similarities: 0.9 or 0.8,0.9 or 0.75..0.99 (default: 0.75..0.99)', thresholds)
    .option('--guard <levels>', 'some of off, standard, strict (default: off,standard)', someOf(GUARD_LEVELS))
    .option('--limit <pairs>', 'stop after so many pairs', wholeNumber(1))
    .option('--model <folder or id>', 'embedding model (default: EMBEDDING_MODEL, else the bundled one)')
    .option('--threads <number>', 'embedding threads (default: all cores but one, 4 at most)', wholeNumber(1, 64))
    .option('--json', 'one JSON document, with kinds and guards at every threshold')
    .action(async (file: string, options: EvalOptions) => {
      const startedMs = performance.now();
      const { bytes, chunks } = opened(file, io);
      const embedder = await openedEmbedder(options, io);
      try {
        const evaluation = await measured({ file, bytes, chunks }, embedder, options, io);
        const output = new Output(io);
        const tookMs = Math.round(performance.now() - startedMs);
        if (options.json === true) output.json({ file, embeddingModel: embedder.model, tookMs, ...evaluation });
        else if (evaluation.pairs.total > 0) reportEvaluation(output, evaluation);
        if (evaluation.pairs.total === 0) {
          io.stderr.write(`nearhit: ${file} holds no pair that could be read.\n`);
          exitWith(1);
        }
      } finally {
        await embedder.close();
      }
    });
}

interface Source {
  readonly file: string;
  readonly bytes: number | undefined;
  readonly chunks: AsyncIterable<Buffer>;
}

function opened(file: string, io: Io): Omit<Source, 'file'> {
  if (file === '-') return { bytes: undefined, chunks: io.stdin as AsyncIterable<Buffer> };
  const path = resolve(io.cwd, file);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Failure(`There is no file ${file}.`);
  if (stat.isDirectory()) throw new Failure(`${file} is a folder; expected a file of pairs.`);
  return { bytes: stat.isFile() ? stat.size : undefined, chunks: readable(path, file) };
}

async function* readable(path: string, file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new Failure(`${file} can't be read: ${(error as Error).message}`);
  }
}

async function openedEmbedder(options: EvalOptions, io: Io): Promise<Embedder> {
  // Loaded here: no other command needs the model's runtime.
  const { embeddingModelFrom, openEmbedder } = await import('@nearhit/embedding');
  const threads = options.threads ?? Math.max(1, Math.min(4, availableParallelism() - 1));
  try {
    const model = embeddingModelFrom(options.model ?? variable(io, 'EMBEDDING_MODEL'));
    const { memoizeEmbedder } = await import('@nearhit/memory');
    // Pair files ask the same questions again and again.
    return memoizeEmbedder(await openEmbedder({ ...model, threads }), { entriesMax: MEMO_ENTRIES });
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}

async function measured(source: Source, embedder: Embedder, options: EvalOptions, io: Io): Promise<Evaluation> {
  const progress = startProgress(io, `eval ${basename(source.file)}`, options.limit ?? source.bytes);
  let shown = 0;
  const badLines: string[] = [];
  try {
    return await evaluate({
      chunks: source.chunks,
      embedder,
      thresholds: options.threshold ?? THRESHOLDS,
      guards: options.guard ?? GUARDS,
      pairsMax: options.limit ?? Number.POSITIVE_INFINITY,
      onProgress: (bytes, pairs) =>
        progress.update(options.limit === undefined ? bytes : pairs, `${counted(pairs, 'pair')}, ${bytesText(bytes)}`),
      onBadLine: (line, fault) => {
        shown += 1;
        if (shown <= BAD_LINES_SHOWN) badLines.push(`${source.file}:${line}: ${fault}, skipped`);
      },
    });
  } finally {
    progress.stop();
    for (const text of badLines) io.stderr.write(`${text}\n`);
    if (shown > BAD_LINES_SHOWN) io.stderr.write(`... and ${whole(shown - BAD_LINES_SHOWN)} more bad lines\n`);
  }
}
