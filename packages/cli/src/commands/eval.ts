import { createReadStream, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import type { Embedder } from '@nearhit/core';
import { Command } from 'commander';
import { type EvaluatedFile, type EvaluationFacts, measuredFile } from '../eval/evaluated-file.ts';
import { htmlReport } from '../eval/html.ts';
import { GUARD_LEVELS, type GuardLevel } from '../eval/judge.ts';
import { markdownPicture, markdownReport } from '../eval/markdown.ts';
import { PolicyJudge } from '../eval/policy-judge.ts';
import { reportFile } from '../eval/report.ts';
import { Failure } from '../failures.ts';
import { bytes as bytesText, counted, whole } from '../format.ts';
import { type Io, type SetExitCode, variable } from '../io.ts';
import { someOf, thresholds, wholeNumber } from '../options.ts';
import { Output } from '../output.ts';
import { startProgress } from '../progress.ts';
import { version } from '../version.ts';

interface EvalOptions {
  readonly threshold?: number[];
  readonly guard?: GuardLevel[];
  readonly limit?: number;
  readonly model?: string;
  readonly threads?: number;
  readonly json?: boolean;
  readonly out?: string;
  readonly markdown?: string;
}

const THRESHOLDS = thresholds('0.75..0.99');
const GUARDS: readonly GuardLevel[] = ['off', 'standard'];
const BAD_LINES_SHOWN = 20;
/** Texts whose vectors are kept: 2 KB each. */
const MEMO_ENTRIES = 20_000;

export function evalCommand(io: Io, exitWith: SetExitCode): Command {
  return new Command('eval')
    .description('How often would the cache be right? On pairs of questions that are known to mean the same or not')
    .argument(
      '<files...>',
      'pairs.jsonl: one {"a", "b", "equivalent", "kind"?} a line, or a stream {"prompt", "group"}; - for stdin',
    )
    .option('--threshold <list>', 'similarities: 0.9 or 0.8,0.9 or 0.75..0.99 (default: 0.75..0.99)', thresholds)
    .option('--guard <levels>', 'some of off, standard, strict (default: off,standard)', someOf(GUARD_LEVELS))
    .option('--limit <lines>', 'stop after so many pairs or requests of each file', wholeNumber(1))
    .option('--out <report.html>', 'write a report with curves, kinds and the worst pairs')
    .option('--markdown <page.md>', 'write the figures and their curves (page.svg) as a page, without the texts')
    .option('--model <folder or id>', 'embedding model (default: EMBEDDING_MODEL, else the bundled one)')
    .option('--threads <number>', 'embedding threads (default: all cores but one, 4 at most)', wholeNumber(1, 64))
    .option('--json', 'one JSON document, with kinds and guards at every threshold')
    .action(async (names: string[], options: EvalOptions) => {
      const startedMs = performance.now();
      const sources = names.map((name) => opened(name, io));
      const { embedder, judge } = await openedModels(options, io);
      try {
        const files: EvaluatedFile[] = [];
        for (const source of sources) {
          const file = await measured(source, { embedder, judge }, options, io);
          if (file === undefined) {
            io.stderr.write(`nearhit: ${source.file} holds no pair that could be read.\n`);
            exitWith(1);
          } else files.push(file);
        }
        const facts = factsOf(embedder, judge);
        const tookMs = Math.round(performance.now() - startedMs);
        tell(files, { options, io, json: { embeddingModel: embedder.model, tookMs } });
        write(options.out, () => htmlReport(files, facts), io);
        writePage(options.markdown, { files, facts }, io);
      } finally {
        await embedder.close();
      }
    });
}

function tell(
  files: readonly EvaluatedFile[],
  { options, io, json }: { options: EvalOptions; io: Io; json: object },
): void {
  const output = new Output(io);
  if (options.json === true) {
    const [only] = files;
    output.json(files.length === 1 ? { ...only, ...json } : { files, ...json });
  } else for (const file of files) reportFile(output, file, files.length > 1);
}

const factsOf = (embedder: Embedder, { verifier }: PolicyJudge): EvaluationFacts => ({
  embeddingModel: embedder.model.id,
  ...{ verifier: verifier.version, bar: verifier.bar, version },
  date: new Date().toISOString().slice(0, 10),
});

function write(path: string | undefined, text: () => string, io: Io): void {
  if (path === undefined) return;
  try {
    writeFileSync(resolve(io.cwd, path), text());
  } catch (error) {
    throw new Failure(`${path} can't be written: ${(error as Error).message}`);
  }
  io.stderr.write(`${path} written\n`);
}

/** The page, and its curves beside it. */
function writePage(
  path: string | undefined,
  { files, facts }: { files: readonly EvaluatedFile[]; facts: EvaluationFacts },
  io: Io,
): void {
  if (path === undefined) return;
  const picture = markdownPicture(files);
  const pictureFile = `${path.replace(/\.md$/, '')}.svg`;
  if (picture !== undefined) write(pictureFile, () => picture, io);
  write(path, () => markdownReport(files, facts, picture && basename(pictureFile)), io);
}

interface Source {
  readonly file: string;
  readonly bytes: number | undefined;
  readonly chunks: AsyncIterable<Buffer>;
}

function opened(file: string, io: Io): Source {
  if (file === '-') return { file, bytes: undefined, chunks: io.stdin as AsyncIterable<Buffer> };
  const path = resolve(io.cwd, file);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Failure(`There is no file ${file}.`);
  if (stat.isDirectory()) throw new Failure(`${file} is a folder; expected a file of pairs.`);
  return { file, bytes: stat.isFile() ? stat.size : undefined, chunks: readable(path, file) };
}

async function* readable(path: string, file: string): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path) as AsyncIterable<Buffer>;
  } catch (error) {
    throw new Failure(`${file} can't be read: ${(error as Error).message}`);
  }
}

/** What a gateway decides with, its network included. */
async function openedModels(options: EvalOptions, io: Io): Promise<{ embedder: Embedder; judge: PolicyJudge }> {
  // Loaded here: no other command needs the model's runtime.
  const { embeddingModelFrom, openEmbedder } = await import('@nearhit/embedding');
  const { loadJoint, loadVerifier } = await import('@nearhit/verifier');
  const { memoizeEmbedder } = await import('@nearhit/memory');
  const threads = options.threads ?? Math.max(1, Math.min(4, availableParallelism() - 1));
  try {
    const dir = variable(io, 'VERIFIER_DIR');
    const joint = loadJoint(dir);
    const model = embeddingModelFrom(options.model ?? variable(io, 'EMBEDDING_MODEL'));
    const onNetworkFault = (why: string) => io.stderr.write(`without the verifier's network: ${why}\n`);
    const embedder = await openEmbedder({ ...model, threads, network: joint, onNetworkFault });
    const { network } = embedder;
    const judge = new PolicyJudge(loadVerifier({ dir, second: joint && network && { joint, network } }));
    // Pair files ask the same questions again and again.
    return { judge, embedder: memoizeEmbedder(embedder, { entriesMax: MEMO_ENTRIES }) };
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}

/** Undefined: nothing could be read. */
async function measured(
  source: Source,
  by: { embedder: Embedder; judge: PolicyJudge },
  options: EvalOptions,
  io: Io,
): Promise<EvaluatedFile | undefined> {
  const progress = startProgress(io, `eval ${basename(source.file)}`, options.limit ?? source.bytes);
  let shown = 0;
  const badLines: string[] = [];
  try {
    return await measuredFile({
      ...by,
      file: source.file,
      chunks: source.chunks,
      thresholds: options.threshold ?? THRESHOLDS,
      guards: options.guard ?? GUARDS,
      rowsMax: options.limit ?? Number.POSITIVE_INFINITY,
      onProgress: (bytes, rows, what) =>
        progress.update(options.limit === undefined ? bytes : rows, `${counted(rows, what)}, ${bytesText(bytes)}`),
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
