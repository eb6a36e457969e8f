import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BatchAnswer, BatchClient } from '@nearhit/http/client';
import { Failure } from '../failures.ts';
import type { Io } from '../io.ts';

export interface InputFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
}

/** Throws Failure when there is no such file. */
export function inputFile(file: string, io: Io): InputFile {
  const path = resolve(io.cwd, file);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Failure(`There is no file ${file}.`);
  if (!stat.isFile()) throw new Failure(`${file} is no file; expected a file of requests, one a line.`);
  return { path, name: basename(path), bytes: stat.size };
}

export async function* piecesOf({ path, name }: InputFile, onPiece: (bytes: number) => void): AsyncGenerator<Buffer> {
  try {
    for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
      yield piece;
      onPiece(piece.length);
    }
  } catch (error) {
    throw new Failure(`${name} can't be read: ${(error as Error).message}`);
  }
}

const HEAD_BYTES = 1_048_576;

/** Where the first line of a file wants to go; undefined when that can't be told: the gateway then says what is wrong. */
export async function endpointIn({ path }: InputFile): Promise<string | undefined> {
  let head = '';
  for await (const piece of createReadStream(path, { end: HEAD_BYTES - 1, encoding: 'utf8' })) head += piece;
  const first = head
    .replace(/^\ufeff/, '')
    .split('\n')
    .find((text) => text.trim() !== '');
  try {
    const { url } = JSON.parse(first ?? '') as { url?: unknown };
    return typeof url === 'string' ? url : undefined;
  } catch {
    return undefined;
  }
}

export interface Saved {
  readonly output: string | null;
  readonly errors: string | null;
}

/** Writes what the batch has of files: answers to `out`, errors beside it. */
export async function save(client: BatchClient, batch: BatchAnswer, out: string, io: Io): Promise<Saved> {
  const errors = `${out.replace(/\.jsonl$/, '')}.errors.jsonl`;
  if (batch.output_file_id !== null) await download(client, batch.output_file_id, out, io);
  if (batch.error_file_id !== null) await download(client, batch.error_file_id, errors, io);
  return {
    output: batch.output_file_id === null ? null : out,
    errors: batch.error_file_id === null ? null : errors,
  };
}

async function download(client: BatchClient, fileId: string, file: string, io: Io): Promise<void> {
  try {
    await pipeline(client.content(fileId), createWriteStream(resolve(io.cwd, file)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).path === undefined) throw error;
    throw new Failure(`${file} can't be written: ${(error as Error).message}`);
  }
}
