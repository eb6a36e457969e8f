import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { linesOf, type RawLine } from '@nearhit/batch';
import { type Entry, type JudgedPair, NearhitError } from '@nearhit/core';
import { wantBody } from '../../body.ts';
import { pairOf } from '../evidence.ts';
import { checkAll } from '../faults.ts';
import type { CacheAdmin, EvidenceAdmin } from '../ports.ts';
import { entryLine, type ImportAnswer, LINE_BYTES_MAX, LINES_REPORTED_MAX, pairLine } from './transfer-schemas.ts';

export interface ImportDeps {
  readonly cache: Pick<CacheAdmin, 'readEntry' | 'takeIn'>;
  readonly pairs?: Pick<EvidenceAdmin['pairs'], 'put'> | undefined;
  readonly now: () => number;
}

export interface ImportOptions {
  readonly ttlSeconds?: number | undefined;
  readonly dryRun: boolean;
  /** Hears of each line that is refused, and after each piece of work how far it is. */
  readonly onRefused?: ((line: number, error: string) => void) | undefined;
  readonly onProgress?: ((so: ImportAnswer) => void) | undefined;
}

/** Stored, embedded and told of together. Nothing more is read meanwhile. */
const ENTRIES_AT_ONCE = 50;
const BYTES_AT_ONCE = 8_388_608;
const PAIRS_AT_ONCE = 500;

/** The body, unpacked. Throws UNSUPPORTED_CONTENT_TYPE. */
export function piecesOf(req: IncomingMessage): AsyncIterable<Buffer> {
  const encoding = req.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw new NearhitError('UNSUPPORTED_CONTENT_TYPE', `The body is encoded as ${encoding}: expected gzip, or plain.`);
  wantBody(req);
  if (encoding === 'identity') return req;
  const gunzip = createGunzip();
  // What goes wrong is thrown where the pieces are read.
  pipeline(req, gunzip, () => {});
  return gunzip;
}

/** Takes in lines as they come, no faster than they are stored. */
export class Import {
  readonly #deps: ImportDeps;
  readonly #options: ImportOptions;
  #entries: Entry[] = [];
  #bytes = 0;
  #pairs: JudgedPair[] = [];
  readonly #told: ImportAnswer;

  constructor(deps: ImportDeps, options: ImportOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#told = { dryRun: options.dryRun, lines: 0, entries: 0, pairs: 0, refused: 0, errors: [] };
  }

  /** Throws INVALID_REQUEST on a body that can't be unpacked, STORE_UNAVAILABLE; what was stored before stays. */
  async run(pieces: AsyncIterable<Buffer>): Promise<ImportAnswer> {
    try {
      for await (const line of linesOf(pieces, LINE_BYTES_MAX)) await this.#take(line);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!code?.startsWith('Z_')) throw error;
      const after = `after ${this.#told.lines} lines, of which what was right is stored`;
      throw new NearhitError('INVALID_REQUEST', `The body is no whole gzip stream (${after}).`);
    } finally {
      await this.#store();
    }
    return this.#told;
  }

  async #take(line: RawLine): Promise<void> {
    this.#told.lines += 1;
    try {
      this.#read(line);
    } catch (error) {
      if (!(error instanceof NearhitError)) throw error;
      this.#refuse(line.number, error.message.replace(/^Invalid request: /, ''));
    }
    if (this.#entries.length >= ENTRIES_AT_ONCE || this.#bytes >= BYTES_AT_ONCE || this.#pairs.length >= PAIRS_AT_ONCE)
      await this.#store();
  }

  /** Throws NearhitError with what is wrong with it. */
  #read({ bytes, tooLong }: RawLine): void {
    if (tooLong) throw refused(`longer than ${LINE_BYTES_MAX} bytes`);
    const json = parsed(bytes);
    if (isPair(json)) {
      if (this.#deps.pairs === undefined) throw refused('no pairs are judged here');
      const [row] = checkAll([{ name: 'line', schema: pairLine, value: json }]) as [Parameters<typeof pairOf>[0]];
      this.#pairs.push(pairOf(row, this.#deps.now()));
      return;
    }
    const [line] = checkAll([{ name: 'line', schema: entryLine, value: json }]) as [ReturnType<typeof entryLine.parse>];
    const { type: _, text, query, ...rest } = line;
    const entry = this.#deps.cache.readEntry({ ...rest, text: text ?? query ?? '' }, this.#options.ttlSeconds);
    this.#entries.push(entry);
    this.#bytes += bytes.length;
  }

  #refuse(line: number, error: string): void {
    this.#told.refused += 1;
    this.#options.onRefused?.(line, error);
    if (this.#told.errors.length < LINES_REPORTED_MAX) this.#told.errors.push({ line, error });
  }

  async #store(): Promise<void> {
    const [entries, pairs] = [this.#entries, this.#pairs];
    if (entries.length + pairs.length === 0) return;
    [this.#entries, this.#pairs, this.#bytes] = [[], [], 0];
    if (!this.#options.dryRun) {
      if (entries.length > 0) await this.#deps.cache.takeIn(entries);
      if (pairs.length > 0) await this.#deps.pairs?.put(pairs);
    }
    this.#told.entries += entries.length;
    this.#told.pairs += pairs.length;
    this.#options.onProgress?.(this.#told);
  }
}

const refused = (why: string): NearhitError => new NearhitError('INVALID_REQUEST', why);

function parsed(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw refused('not UTF-8');
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw refused('not JSON');
  }
}

const isPair = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && (json as { type?: unknown }).type === 'pair';
