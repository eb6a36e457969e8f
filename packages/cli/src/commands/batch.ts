import { setTimeout as sleep } from 'node:timers/promises';
import type { BatchAnswer, BatchClient } from '@nearhit/http/client';
import { Command } from 'commander';
import { type ApiOptions, withApi, withBatches } from '../batch/api-target.ts';
import { endpointIn, inputFile, piecesOf, type Saved, save } from '../batch/files.ts';
import { UsageError } from '../failures.ts';
import { bytes as bytesText, counted, whole } from '../format.ts';
import type { Io, SetExitCode } from '../io.ts';
import { wholeNumber } from '../options.ts';
import { Output } from '../output.ts';
import { startProgress } from '../progress.ts';

interface RunOptions extends ApiOptions {
  readonly out?: string;
  readonly endpoint?: string;
  readonly concurrency?: number;
  readonly namespace?: string;
}

const ENDED = ['completed', 'failed', 'expired', 'cancelled'];
const POLL_MS = 500;
const POLL_MS_MAX = 5000;
const FAULTS_SHOWN = 20;
const DEFAULT_ENDPOINT = '/v1/chat/completions';

export function batchCommand(io: Io, exitWith: SetExitCode): Command {
  const output = new Output(io);
  return new Command('batch')
    .description('Files of requests, answered in the background through the same cache')
    .addCommand(runCommand(io, output, exitWith))
    .addCommand(listCommand(io, output))
    .addCommand(showCommand(io, output))
    .addCommand(fetchCommand(io, output, exitWith))
    .addCommand(cancelCommand(io, output));
}

function runCommand(io: Io, output: Output, exitWith: SetExitCode): Command {
  return withApi(new Command('run'))
    .description('Upload a file of requests, wait until all are answered, fetch the answers')
    .argument('<file.jsonl>', 'one {"custom_id", "method": "POST", "url", "body"} a line')
    .option('-o, --out <file>', 'where the answers go (default: beside the input, as .output.jsonl)')
    .option('--endpoint <path>', "the url of the file's lines (default: that of the first one)")
    .option('-c, --concurrency <number>', 'lines at once, at most what the gateway allows', wholeNumber(1, 1000))
    .option('--namespace <namespace>', 'for all lines that name none')
    .action(async (file: string, options: RunOptions) => {
      const input = inputFile(file, io);
      if (options.namespace !== undefined && !/^[A-Za-z0-9._:-]{1,128}$/.test(options.namespace))
        throw new UsageError(`Not a namespace: ${options.namespace}`);
      const out = options.out ?? `${file.replace(/\.jsonl$/, '')}.output.jsonl`;
      const endpoint = options.endpoint ?? (await endpointIn(input)) ?? DEFAULT_ENDPOINT;
      const { batch, saved } = await withBatches(options, io, async (client) => {
        const fileId = await uploaded(client, input, io);
        const headers: Record<string, string> =
          options.namespace === undefined ? {} : { 'x-nearhit-namespace': options.namespace };
        const { concurrency } = options;
        const begun = await client.create({ fileId, endpoint, concurrency, headers });
        io.stderr.write(`${begun.id}: it goes on without this command; see \`nearhit batch show ${begun.id}\`\n`);
        const batch = await followed(client, begun, io);
        return { batch, saved: await save(client, batch, out, io) };
      });
      report(output, batch, saved, options.json === true);
      if (batch.status !== 'completed' || batch.request_counts.failed > 0) exitWith(1);
    });
}

async function uploaded(client: BatchClient, input: ReturnType<typeof inputFile>, io: Io): Promise<string> {
  const progress = startProgress(io, `upload ${input.name}`, input.bytes);
  let sent = 0;
  try {
    const pieces = piecesOf(input, (bytes) => {
      sent += bytes;
      progress.update(sent, `${bytesText(sent)} of ${bytesText(input.bytes)}`);
    });
    return (await client.upload({ name: input.name, bytes: input.bytes, pieces })).id;
  } finally {
    progress.stop();
  }
}

/** The batch when it has ended. */
async function followed(client: BatchClient, begun: BatchAnswer, io: Io): Promise<BatchAnswer> {
  let batch = begun;
  let waitMs = POLL_MS;
  let progress: ReturnType<typeof startProgress> | undefined;
  try {
    while (!ENDED.includes(batch.status)) {
      await sleep(waitMs);
      waitMs = Math.min(waitMs * 1.2, POLL_MS_MAX);
      batch = await client.get(batch.id);
      const { total, completed, failed } = batch.request_counts;
      if (total > 0) progress ??= startProgress(io, 'batch', total);
      progress?.update(completed + failed, noteOf(batch));
    }
    return batch;
  } finally {
    progress?.stop();
  }
}

function noteOf({ status, request_counts: { total, completed, failed } }: BatchAnswer): string {
  const bad = failed === 0 ? '' : `, ${whole(failed)} failed`;
  return `${status.replace('_', ' ')}, ${whole(completed)} of ${whole(total)} answered${bad}`;
}

function listCommand(io: Io, output: Output): Command {
  return withApi(new Command('list'))
    .description('The batches, newest first')
    .option('--limit <number>', 'show so many', wholeNumber(1, 100), 20)
    .option('--after <id>', 'those that were made before this one')
    .action(async (options: ApiOptions & { limit: number; after?: string }) => {
      const list = await withBatches(options, io, (client) => client.list(options.limit, options.after));
      if (options.json === true) output.json(list);
      else if (list.data.length === 0) output.line('No batches.');
      else table(output, list.data);
    });
}

function table(output: Output, batches: readonly BatchAnswer[]): void {
  output.table(
    [
      ...['id', 'made', 'status', 'model'].map((head) => ({ head })),
      ...['lines', 'answered', 'failed'].map((head) => ({ head, align: 'right' as const })),
    ],
    batches.map(({ id, created_at, status, model, request_counts: { total, completed, failed } }) => [
      ...[id, new Date(created_at * 1000).toISOString(), status, model ?? '-'],
      ...[whole(total), whole(completed), whole(failed)],
    ]),
  );
}

function showCommand(io: Io, output: Output): Command {
  return withApi(new Command('show'))
    .description('One batch: how far it is, what is wrong with its file')
    .argument('<id>', 'as `batch list` shows it')
    .action(async (id: string, options: ApiOptions) => {
      const batch = await withBatches(options, io, (client) => client.get(id));
      if (options.json === true) output.json(batch);
      else show(output, batch);
    });
}

function fetchCommand(io: Io, output: Output, exitWith: SetExitCode): Command {
  return withApi(new Command('fetch'))
    .description('The answers of a batch that has ended')
    .argument('<id>', 'as `batch list` shows it')
    .option('-o, --out <file>', 'where they go (default: <id>.output.jsonl)')
    .action(async (id: string, options: ApiOptions & { out?: string }) => {
      const { batch, saved } = await withBatches(options, io, async (client) => {
        const batch = await client.get(id);
        return { batch, saved: await save(client, batch, options.out ?? `${batch.id}.output.jsonl`, io) };
      });
      report(output, batch, saved, options.json === true);
      if (saved.output === null && saved.errors === null) exitWith(1);
    });
}

function cancelCommand(io: Io, output: Output): Command {
  return withApi(new Command('cancel'))
    .description('Begin no more lines of a batch; what has been answered can be fetched')
    .argument('<id>', 'as `batch list` shows it')
    .action(async (id: string, options: ApiOptions) => {
      const batch = await withBatches(options, io, (client) => client.cancel(id));
      if (options.json === true) output.json(batch);
      else output.line(`${batch.id} is ${batch.status}.`);
    });
}

function report(output: Output, batch: BatchAnswer, saved: Saved, asJson: boolean): void {
  if (asJson) {
    output.json({ batch, ...saved });
    return;
  }
  show(output, batch);
  output.facts([
    ['answers', saved.output ?? undefined],
    ['errors', saved.errors ?? undefined],
  ]);
}

function show(output: Output, batch: BatchAnswer): void {
  const { total, completed, failed } = batch.request_counts;
  output.title(`${batch.id}: ${batch.status.replace('_', ' ')}`);
  output.facts([
    ['endpoint', batch.endpoint],
    ['model', batch.model ?? undefined],
    ['lines', `${whole(total)}: ${whole(completed)} answered, ${whole(failed)} failed`],
    ['made', new Date(batch.created_at * 1000).toISOString()],
  ]);
  const faults = batch.errors?.data ?? [];
  for (const { line, message } of faults.slice(0, FAULTS_SHOWN))
    output.line(`  ${output.style('red', line === null ? 'file' : `line ${line}`)}: ${message}`);
  if (faults.length > FAULTS_SHOWN)
    output.line(`  ... and ${counted(faults.length - FAULTS_SHOWN, 'more fault', 'more faults')}`);
}
