import type { IncomingMessage } from 'node:http';
import { NearhitError } from '@nearhit/core';

export interface ReadBodyOptions {
  /** Longest pause between two pieces of the body. */
  readonly idleMs?: number | undefined;
}

const IDLE_MS = 30_000;

const continuations = new WeakMap<IncomingMessage, () => void>();

/** For a client that sent `expect: 100-continue`: it is told to go on only when somebody wants the body. */
export function onBodyWanted(req: IncomingMessage, proceed: () => void): void {
  continuations.set(req, proceed);
}

/** Whoever reads the body in another way than by `readBody` says so first. */
export function wantBody(req: IncomingMessage): void {
  continuations.get(req)?.();
}

/**
 * The whole request body. Rejects with BODY_TOO_LARGE as soon as the announced or the received length exceeds `bytesMax`,
 * BODY_TIMEOUT when nothing comes for `idleMs`, CLIENT_GONE when the client leaves. After a rejection the rest of the body
 * is unread: answer with `sendError`, which sees to it that the client can read the answer.
 */
export function readBody(req: IncomingMessage, bytesMax: number, options: ReadBodyOptions = {}): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > bytesMax) return Promise.reject(tooLarge(bytesMax));
  if (req.destroyed && !req.complete) return Promise.reject(clientGone());
  if (req.readableEnded) return readBefore(req, bytesMax);
  wantBody(req);
  return collect(req, bytesMax, options.idleMs ?? IDLE_MS);
}

/** In an app of somebody else's a parser may have been there first: what it left in `req.body` is put into bytes again. */
async function readBefore(req: IncomingMessage & { body?: unknown }, bytesMax: number): Promise<Buffer> {
  const { body } = req;
  if (body === undefined) {
    const why = 'mount nearhit ahead of what reads request bodies';
    throw new NearhitError('INVALID_REQUEST', `The request body was read before, and nothing is left of it: ${why}.`);
  }
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  if (bytes.length > bytesMax) throw tooLarge(bytesMax);
  return bytes;
}

function collect(req: IncomingMessage, bytesMax: number, idleMs: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (): void => {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('close', onClose);
    };
    const fail = (error: NearhitError): void => {
      settle();
      req.pause();
      reject(error);
    };
    const timer = setTimeout(() => fail(stalled(idleMs)), idleMs);
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      timer.refresh();
      if (size > bytesMax) fail(tooLarge(bytesMax));
    };
    const onEnd = (): void => {
      settle();
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, size));
    };
    const onClose = (): void => fail(clientGone());
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', ignore);
  });
}

/** `error` precedes `close`, which is listened to. */
function ignore(): void {}

function tooLarge(bytesMax: number): NearhitError {
  return new NearhitError('BODY_TOO_LARGE', `The request body is larger than the limit of ${bytesMax} bytes.`);
}

function stalled(idleMs: number): NearhitError {
  return new NearhitError('BODY_TIMEOUT', `The request body stalled: nothing came for ${idleMs} ms.`);
}

function clientGone(): NearhitError {
  return new NearhitError('CLIENT_GONE', 'The client closed the connection before its request was complete.');
}

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i;

/** Throws UNSUPPORTED_CONTENT_TYPE unless the body is plain JSON in UTF-8. A missing type is taken for JSON. */
export function requireJson(req: IncomingMessage): void {
  const type = req.headers['content-type'];
  const charset = type === undefined ? undefined : CHARSET.exec(type)?.[1];
  if (type !== undefined && (!JSON_TYPE.test(type.trim()) || !/^(?:utf-?8|us-ascii)$/i.test(charset ?? 'utf-8'))) {
    throw new NearhitError(
      'UNSUPPORTED_CONTENT_TYPE',
      `Content type ${JSON.stringify(type.slice(0, 100))} is not supported: send application/json in UTF-8.`,
    );
  }
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw new NearhitError(
      'UNSUPPORTED_CONTENT_TYPE',
      `Content encoding ${JSON.stringify(encoding.slice(0, 100))} is not supported: send the body uncompressed.`,
    );
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The body as JSON. Throws INVALID_JSON that says what is wrong and, where known, where. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw new NearhitError('INVALID_JSON', 'The request body is empty: expected JSON.');
  let text: string;
  try {
    text = utf8.decode(body);
  } catch (cause) {
    throw new NearhitError('INVALID_JSON', 'The request body is not valid UTF-8.', { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof SyntaxError ? cause.message : 'it cannot be parsed';
    throw new NearhitError('INVALID_JSON', `The request body is not valid JSON: ${why}`, { cause });
  }
}

/** Type checked, read, parsed. */
export async function readJson(req: IncomingMessage, bytesMax: number, options?: ReadBodyOptions): Promise<unknown> {
  requireJson(req);
  return parseJson(await readBody(req, bytesMax, options));
}
