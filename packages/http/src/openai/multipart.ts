import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyFileStream, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import { NearhitError } from '@nearhit/core';
import { wantBody } from '../body.ts';

export interface UploadedForm {
  readonly fields: ReadonlyMap<string, string>;
  /** Absent: the form had no file of that name. */
  readonly filename: string | undefined;
}

export interface UploadOptions {
  /** The part that is the file. */
  readonly field: string;
  /** Takes the file piece by piece; the client sends no faster than this resolves. */
  readonly append: (piece: Buffer) => Promise<void>;
  /** Of the whole form, where the client announces it. */
  readonly bytesMax: number;
  readonly tooLarge: () => NearhitError;
  /** Longest pause between two pieces. */
  readonly idleMs?: number | undefined;
}

const IDLE_MS = 30_000;
/** Beside its file, a form is small. */
const LIMITS = { fields: 32, fieldNameSize: 100, fieldSize: 4096, files: 1, headerPairs: 32 } as const;
const FILENAME_CHARS_MAX = 255;
/** What surrounds the file in the form. */
const ENVELOPE_BYTES = 262_144;

/**
 * Reads a multipart/form-data body as a stream. Rejects with INVALID_REQUEST for what is no such form, with whatever
 * `append` threw, BODY_TIMEOUT, CLIENT_GONE. The rest of the body is unread then: answer with `sendError`.
 */
export async function readUpload(req: IncomingMessage, options: UploadOptions): Promise<UploadedForm> {
  if (!/^multipart\/form-data\s*;/i.test(req.headers['content-type'] ?? ''))
    throw new NearhitError('UNSUPPORTED_CONTENT_TYPE', 'A file is uploaded as multipart/form-data.');
  if (Number(req.headers['content-length'] ?? 0) > options.bytesMax + ENVELOPE_BYTES) throw options.tooLarge();
  wantBody(req);
  const parser = parserFor(req);
  const idleMs = options.idleMs ?? IDLE_MS;
  return new Promise<UploadedForm>((resolve, reject) => {
    const fields = new Map<string, string>();
    let filename: string | undefined;
    let writing: Promise<void> = Promise.resolve();
    const stalled = setTimeout(() => fail(tooSlow(idleMs)), idleMs);
    const settle = (): void => {
      clearTimeout(stalled);
      req.off('data', onData).off('close', onClose);
      req.unpipe(parser);
    };
    const fail = (error: NearhitError | Error): void => {
      settle();
      req.pause();
      reject(error instanceof NearhitError ? error : broken(error));
    };
    const onData = (): unknown => stalled.refresh();
    const onClose = (): void => {
      if (!req.complete) fail(new NearhitError('CLIENT_GONE', 'The client closed the connection during the upload.'));
    };
    const onFile = (name: string, stream: BusboyFileStream, given: string): void => {
      if (name !== options.field) {
        stream.resume();
        return;
      }
      filename = plainName(given);
      writing = pipeline(stream, async (pieces: AsyncIterable<Buffer>) => {
        for await (const piece of pieces) await options.append(piece);
      });
      writing.catch(fail);
    };
    parser.on('file', onFile);
    parser.on('field', (name: string, value: string) => void fields.set(name, value));
    parser.on('error', (error: unknown) => fail(error as Error));
    parser.on('finish', () => {
      settle();
      writing.then(() => resolve({ fields, filename }), reject);
    });
    req.on('data', onData).on('close', onClose).on('error', ignore);
    req.pipe(parser);
  });
}

function parserFor(req: IncomingMessage): BusboyInstance {
  try {
    return new Busboy({ headers: req.headers as BusboyHeaders, limits: LIMITS });
  } catch (error) {
    throw broken(error as Error);
  }
}

/** `close` follows, which is listened to. */
function ignore(): void {}

function broken(error: Error): NearhitError {
  return new NearhitError('INVALID_REQUEST', 'The body is no whole multipart/form-data form.', {
    detail: error.message,
  });
}

function tooSlow(idleMs: number): NearhitError {
  return new NearhitError('BODY_TIMEOUT', `The upload stalled: nothing came for ${idleMs} ms.`);
}

/** As the WHATWG has browsers write what would end the name. */
const ESCAPES: Readonly<Record<string, string>> = { '%22': '"', '%0D': '', '%0A': '' };

/** Without a path, and without what could break a header or a terminal. */
function plainName(given: string | undefined): string {
  const name = (given ?? '').replace(/%22|%0D|%0A/gi, (written) => ESCAPES[written.toUpperCase()] ?? '');
  const last = name.split(/[\\/]/).at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it keeps out
  return last.replace(/[\x00-\x1f\x7f]/g, '').slice(0, FILENAME_CHARS_MAX) || 'file.jsonl';
}
