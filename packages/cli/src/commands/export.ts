import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Command } from 'commander';
import { Failure, UsageError } from '../failures.ts';
import { bytes as bytesText, counted, whole } from '../format.ts';
import type { Io, Target } from '../io.ts';
import { Output } from '../output.ts';
import { type Progress, startProgress } from '../progress.ts';
import { type TargetOptions, targetOf, withClient, withToken, withUrl } from '../target.ts';
import { withTransfer } from '../transfer/target.ts';

interface ExportOptions extends TargetOptions {
  readonly namespace?: string;
  readonly model?: string;
  readonly tenant?: string;
  readonly tag?: string;
  readonly vectors?: boolean;
  readonly pairs: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

const LINE_FEED = 0x0a;

export function exportCommand(io: Io): Command {
  const output = new Output(io);
  return withToken(withUrl(new Command('export')))
    .description('Stored answers and judged pairs as lines of JSON, for `import`')
    .option('-o, --out <file>', 'where they go; packed when its name ends in .gz (default: stdout)')
    .option('--namespace <namespace>', 'of this namespace only')
    .option('--model <model>', 'of this model only')
    .option('--tenant <tenant>', 'of this tenant only')
    .option('--tag <tag>', 'with this tag only')
    .option('--vectors', 'with their vectors')
    .option('--no-pairs', 'without judged pairs')
    .option('--json', 'with --out: what was written, as JSON')
    .action(async (options: ExportOptions) => {
      const { out, json = false } = options;
      if (json && out === undefined) throw new UsageError('--json goes with --out: else stdout gets the lines.');
      const target = targetOf(options, io);
      const written = await exported(options, target, io);
      if (json) output.json({ file: out, ...written });
      else if (out !== undefined)
        output.line(`${out}: ${counted(written.lines, 'line')}, ${bytesText(written.bytes)}.`);
    });
}

/** Bytes before packing. */
interface Written {
  readonly lines: number;
  readonly bytes: number;
}

async function exported(options: ExportOptions, target: Target, io: Io): Promise<Written> {
  const progress = startProgress(io, 'export', await entriesIn(options, target));
  const written = { lines: 0, bytes: 0 };
  const { namespace, model, tenant, tag } = options;
  const query = {
    ...{ namespace, model, tenant, tag, pairs: options.pairs ? ('true' as const) : ('false' as const) },
    vectors: options.vectors === true ? ('true' as const) : ('false' as const),
  };
  try {
    await withTransfer(target, (client) => save(client.read(query), options.out, io, written, progress));
    return written;
  } finally {
    progress.stop();
  }
}

/** How many there are to come, where that is known. */
async function entriesIn(
  { namespace, model, tenant, tag }: ExportOptions,
  target: Target,
): Promise<number | undefined> {
  if ([model, tenant, tag].some((one) => one !== undefined)) return undefined;
  return (await withClient(target, (client) => client.stats({ namespace }))).entries;
}

/** A file is there under its name only when it is whole. */
async function save(
  pieces: AsyncIterable<Uint8Array>,
  out: string | undefined,
  io: Io,
  written: { lines: number; bytes: number },
  progress: Progress,
): Promise<void> {
  async function* counting(source: AsyncIterable<Uint8Array>) {
    for await (const piece of source) {
      for (const byte of piece) if (byte === LINE_FEED) written.lines += 1;
      written.bytes += piece.length;
      progress.update(written.lines, `${whole(written.lines)} lines, ${bytesText(written.bytes)}`);
      yield piece;
    }
  }
  if (out === undefined) {
    // Stdout stays open for whoever writes there next.
    const through = new Writable({ write: (piece, encoding, done) => void io.stdout.write(piece, encoding, done) });
    await pipeline(pieces, counting, through);
    return;
  }
  const path = resolve(io.cwd, out);
  const part = `${path}.part`;
  try {
    const file = createWriteStream(part);
    await (out.endsWith('.gz') ? pipeline(pieces, counting, createGzip(), file) : pipeline(pieces, counting, file));
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    if ((error as NodeJS.ErrnoException).path === undefined) throw error;
    throw new Failure(`${out} can't be written: ${(error as Error).message}`);
  }
}
