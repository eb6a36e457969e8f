import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { NearhitError } from '@nearhit/core';
import type { Request, Response } from 'express';
import { sendJson } from '../../reply.ts';
import { type Operation, operation } from '../operation.ts';
import type { CacheAdmin, EntryReader, EvidenceAdmin } from '../ports.ts';
import { type ExportOptions, exportLines } from './export.ts';
import { Import, type ImportOptions, piecesOf } from './import.ts';
import { exportItem, exportQuery, importAnswer, importItem, importQuery } from './transfer-schemas.ts';

export interface TransferDeps {
  readonly entries: EntryReader;
  readonly cache: CacheAdmin;
  readonly evidence?: Pick<EvidenceAdmin, 'pairs'> | undefined;
  readonly now: () => number;
}

const NDJSON = 'application/x-ndjson';

/** Taking all that is stored out of a house, and into another. */
export function transferOperations({ entries, cache, evidence, now }: TransferDeps): Operation[] {
  const pairs = evidence?.pairs;
  return [
    operation({
      method: 'get',
      path: '/export',
      id: 'exportEntries',
      summary: 'Entries and judged pairs as lines of JSON, as an import takes them; packed for whoever accepts gzip.',
      query: exportQuery,
      answer: exportItem,
      answerType: NDJSON,
      respond: async ({ query: { vectors, pairs: withPairs, tag, ...filter }, req, res }) => {
        const options: ExportOptions = {
          filter: { ...filter, ...(tag !== undefined && { tags: [tag] }) },
          ...{ vectors: vectors === 'true', pairs: withPairs === 'true' },
        };
        await send(req, res, exportLines({ entries, pairs }, options));
      },
    }),
    operation({
      method: 'post',
      path: '/import',
      id: 'importEntries',
      summary:
        'Takes in lines of an export, or of another source. A bad line is refused, by its number, and the others go on.',
      query: importQuery,
      body: importItem,
      bodyType: NDJSON,
      answer: importAnswer,
      respond: async ({ query: { ttlSeconds, dryRun }, req, res }) => {
        const pieces = piecesOf(req);
        const options: ImportOptions = { ttlSeconds, dryRun: dryRun === 'true' };
        const taking = (more: Partial<ImportOptions>) => new Import({ cache, pairs, now }, { ...options, ...more });
        res.setHeader('vary', 'accept');
        if (req.accepts(['application/json', NDJSON]) === NDJSON) await tell(res, (more) => taking(more).run(pieces));
        else sendJson(res, 200, await taking({}).run(pieces));
      },
    }),
  ];
}

/** No faster than it is read. */
async function send(req: Request, res: Response, lines: AsyncGenerator<string>): Promise<void> {
  const packed = req.acceptsEncodings('gzip', 'identity') === 'gzip';
  res.writeHead(200, {
    'content-type': NDJSON,
    vary: 'accept-encoding',
    ...(packed && { 'content-encoding': 'gzip' }),
  });
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  const source = Readable.from(lines, { objectMode: true, highWaterMark: 1 });
  try {
    await (packed ? pipeline(source, createGzip({ level: 1 }), res) : pipeline(source, res));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    throw new NearhitError('CLIENT_GONE', 'The reader left.');
  }
}

/** Each refused line, and how far it is, while it goes on; the last line is the whole answer. */
async function tell(res: Response, run: (more: Partial<ImportOptions>) => Promise<object>): Promise<void> {
  const write = (row: object): void => void res.write(`${JSON.stringify(row)}\n`);
  res.writeHead(200, { 'content-type': NDJSON });
  const answer = await run({
    onRefused: (line, error) => write({ line, error }),
    onProgress: ({ lines, entries, pairs, refused }) => write({ progress: { lines, entries, pairs, refused } }),
  });
  write({ done: answer });
  res.end();
}
