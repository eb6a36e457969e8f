import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { ImportAnswer } from '@nearhit/http/client';
import { Command } from 'commander';
import { type InputFile, inputFile, piecesOf } from '../batch/files.ts';
import { Failure } from '../failures.ts';
import { bytes as bytesText, counted, whole } from '../format.ts';
import type { Io, SetExitCode } from '../io.ts';
import { wholeNumber } from '../options.ts';
import { Output } from '../output.ts';
import { startProgress } from '../progress.ts';
import { type TargetOptions, targetOf, withToken, withUrl } from '../target.ts';
import { chunksOf } from '../transfer/chunks.ts';
import { withTransfer } from '../transfer/target.ts';

interface ImportOptions extends TargetOptions {
  readonly ttl?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const ERRORS_SHOWN = 20;
const ERRORS_MAX = 1000;

export function importCommand(io: Io, exitWith: SetExitCode): Command {
  const output = new Output(io);
  return withToken(withUrl(new Command('import')))
    .description('Take in the lines of an export, or of another source')
    .argument('<file>', 'lines of JSON; packed when its name ends in .gz')
    .option(
      '--ttl <seconds>',
      'every entry lives for so long from now, whatever its line says',
      wholeNumber(1, 315_360_000),
    )
    .option('--dry-run', 'only check')
    .option('--json', 'the result as JSON')
    .action(async (file: string, options: ImportOptions) => {
      const answer = await imported(inputFile(file, io), options, io);
      if (options.json === true) output.json(answer);
      else show(output, answer);
      if (answer.refused > 0) exitWith(1);
    });
}

async function imported(input: InputFile, options: ImportOptions, io: Io): Promise<ImportAnswer> {
  const { ttl: ttlSeconds, dryRun = false } = options;
  const progress = startProgress(io, `import ${input.name}`, input.bytes);
  const total: ImportAnswer = { dryRun, lines: 0, entries: 0, pairs: 0, refused: 0, errors: [] };
  let read = 0;
  const pieces = piecesOf(input, (bytes) => {
    read += bytes;
  });
  try {
    await withTransfer(targetOf(options, io), async (client) => {
      for await (const { bytes, linesBefore } of chunksOf(unpacked(pieces, input))) {
        add(total, await client.write(bytes, { ttlSeconds, dryRun }), linesBefore);
        progress.update(read, `${whole(total.lines)} lines, ${bytesText(read)} of ${bytesText(input.bytes)}`);
      }
    });
    return total;
  } finally {
    progress.stop();
  }
}

async function* unpacked(pieces: AsyncIterable<Buffer>, { name }: InputFile): AsyncGenerator<Buffer> {
  if (!name.endsWith('.gz')) {
    yield* pieces;
    return;
  }
  try {
    yield* pipeline(pieces, createGunzip(), () => {}) as AsyncIterable<Buffer>;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${name} is no whole gzip file: ${(error as Error).message}`);
  }
}

function add(total: ImportAnswer, part: ImportAnswer, linesBefore: number): void {
  for (const name of ['lines', 'entries', 'pairs', 'refused'] as const) total[name] += part[name];
  const errors = part.errors.map(({ line, error }) => ({ line: line + linesBefore, error }));
  total.errors.push(...errors.slice(0, ERRORS_MAX - total.errors.length));
}

function show(output: Output, { dryRun, entries, pairs, refused, errors }: ImportAnswer): void {
  const taken = `${counted(entries, 'entry', 'entries')} and ${counted(pairs, 'judged pair')}`;
  output.line(dryRun ? `${taken} would be taken in.` : `${taken} taken in.`);
  if (refused === 0) return;
  output.line(`${counted(refused, 'line')} refused:`);
  for (const { line, error } of errors.slice(0, ERRORS_SHOWN))
    output.line(`  ${output.style('red', `line ${line}`)}: ${error}`);
  if (refused > ERRORS_SHOWN) output.line(`  ... and ${counted(refused - ERRORS_SHOWN, 'more', 'more')}`);
}
