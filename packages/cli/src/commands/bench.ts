import { createAdminClient } from '@nearhit/http/client';
import { Command, Option } from 'commander';
import { type Prompt, readPrompts } from '../bench/prompts.ts';
import { QUESTIONS_MAX, questions } from '../bench/questions.ts';
import { reportBench } from '../bench/report.ts';
import { type BenchResults, Results } from '../bench/results.ts';
import { explained, UsageError } from '../failures.ts';
import { counted } from '../format.ts';
import { type Io, type SetExitCode, variable } from '../io.ts';
import { duration, wholeNumber } from '../options.ts';
import { Output } from '../output.ts';
import { startProgress } from '../progress.ts';
import { targetOf, urlOf, withUrl } from '../target.ts';

interface BenchOptions {
  readonly url?: string;
  readonly key?: string;
  readonly concurrency: number;
  readonly duration?: number;
  readonly requests?: number;
  readonly prompts?: string;
  readonly distinct: number;
  readonly seed: number;
  readonly model: string;
  readonly stream?: boolean;
  readonly namespace: string;
  readonly cache?: string;
  readonly timeout: number;
  readonly json?: boolean;
}

const DURATION_MS = 10_000;
const PROGRESS_MS = 200;

export function benchCommand(io: Io, exitWith: SetExitCode): Command {
  return withUrl(new Command('bench'))
    .description('Load test of a running gateway: requests per second, latencies by outcome, errors')
    .option('--key <key>', 'API key (default: NEARHIT_API_KEY, else none)')
    .option('-c, --concurrency <number>', 'requests in flight at once', wholeNumber(1, 10_000), 16)
    .option('-d, --duration <time>', 'how long: 10s, 2m (default: 10s, unless --requests is given)', duration)
    .option('-n, --requests <number>', 'how many requests', wholeNumber(1))
    .option(
      '--prompts <file>',
      'what to ask, in order and then again: a prompt a line, or JSONL with "prompt" or "messages"',
    )
    .option(
      '--distinct <number>',
      'without --prompts: how many questions there are',
      wholeNumber(1, QUESTIONS_MAX),
      200,
    )
    .option('--seed <number>', 'without --prompts: of the order of questions', wholeNumber(0, 0xffff_ffff), 1)
    .option('--model <model>', 'model to ask; the built-in demo and demo-fast cost nothing', 'demo')
    .option('--stream', 'ask for streams')
    .option('--namespace <namespace>', 'keeps what is asked here apart; a new one starts with an empty cache', 'bench')
    .addOption(new Option('--cache <mode>', 'x-nearhit-cache').choices(['on', 'off', 'refresh', 'only', 'shadow']))
    .addOption(new Option('--timeout <time>', 'longest wait for one answer').argParser(duration).default(60_000, '60s'))
    .option('--json', 'one JSON document')
    .action(async (options: BenchOptions) => {
      const url = urlOf(options.url, io);
      const next = await promptsOf(options, io.cwd);
      await greet(url, io);
      const { results, interrupted } = await measured(url, next, options, io);
      const output = new Output(io);
      if (options.json === true) output.json({ url, ...settingsOf(options), interrupted, ...results });
      else {
        const { concurrency, model, stream } = options;
        output.title(`${url}, ${counted(concurrency, 'connection')}, model ${model}, ${stream ? 'streams' : 'JSON'}`);
        reportBench(output, results, stream === true);
      }
      if (interrupted || results.errors === results.requests) exitWith(1);
    });
}

function settingsOf({ concurrency, model, stream, namespace, cache, prompts, distinct, seed }: BenchOptions): object {
  const asked = prompts === undefined ? { distinct, seed } : { prompts };
  return { concurrency, model, stream: stream === true, namespace, cache: cache ?? null, ...asked };
}

async function promptsOf(options: BenchOptions, cwd: string): Promise<() => Prompt> {
  if (options.prompts === undefined) return questions(options.distinct, options.seed);
  const prompts = await readPrompts(options.prompts, cwd);
  let at = 0;
  return () => prompts[at++ % prompts.length] as Prompt;
}

/** A thousand refused connections say less than one clear line. */
async function greet(url: string, io: Io): Promise<void> {
  try {
    await createAdminClient({ baseUrl: url, token: 'none' }).health();
  } catch (error) {
    throw explained(error, targetOf({ url }, io));
  }
}

function headersOf(options: BenchOptions, io: Io): Record<string, string> {
  const key = options.key ?? variable(io, 'NEARHIT_API_KEY');
  if (!/^[A-Za-z0-9._:-]{1,128}$/.test(options.namespace))
    throw new UsageError(`Not a namespace: ${options.namespace}`);
  return {
    'x-nearhit-namespace': options.namespace,
    ...(options.cache !== undefined && { 'x-nearhit-cache': options.cache }),
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
  };
}

async function measured(
  url: string,
  next: () => Prompt,
  options: BenchOptions,
  io: Io,
): Promise<{ results: BenchResults; interrupted: boolean }> {
  const headers = headersOf(options, io);
  // Loaded here: no other command needs an HTTP client of its own.
  const { runLoad } = await import('../bench/load.ts');
  const requestsMax = options.requests ?? Number.POSITIVE_INFINITY;
  const durationMs = options.duration ?? (options.requests === undefined ? DURATION_MS : Number.POSITIVE_INFINITY);
  const results = new Results();
  const startedMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedMs;
  let sent = 0;
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  // Once: what was measured is reported; a second one ends the process.
  process.once('SIGINT', interrupt);
  const byTime = Number.isFinite(durationMs);
  const progress = startProgress(io, 'bench', byTime ? durationMs : requestsMax);
  const ticking = setInterval(() => {
    const rate = counted(Math.round((1000 * results.requests) / elapsedMs()), 'request');
    progress.update(byTime ? elapsedMs() : results.requests, `${rate} per second`);
  }, PROGRESS_MS);
  try {
    await runLoad({
      ...{ url, headers, next, model: options.model, stream: options.stream === true },
      ...{ concurrency: options.concurrency, timeoutMs: options.timeout },
      more: () => !interrupted && sent < requestsMax && elapsedMs() < durationMs && ++sent > 0,
      onSample: (sample) => results.add(sample),
    });
    return { results: results.summary(elapsedMs()), interrupted };
  } finally {
    clearInterval(ticking);
    progress.stop();
    process.off('SIGINT', interrupt);
  }
}
