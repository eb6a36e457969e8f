import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { errorAnswer } from '../admin/schemas.ts';
import { AdminClientError } from './admin-client.ts';

const seconds = z.number().nullable();

/** What a program reads of OpenAI's objects; whatever else is in them comes along. */
export const batchAnswer = z.looseObject({
  id: z.string(),
  endpoint: z.string(),
  model: z.string().nullish(),
  status: z.string(),
  input_file_id: z.string(),
  output_file_id: z.string().nullable(),
  error_file_id: z.string().nullable(),
  request_counts: z.object({ total: z.number(), completed: z.number(), failed: z.number() }),
  errors: z
    .object({
      data: z.array(
        z.looseObject({
          code: z.string(),
          message: z.string(),
          line: z.number().nullable(),
        }),
      ),
    })
    .nullable(),
  created_at: z.number(),
  expires_at: seconds,
});
const fileAnswer = z.looseObject({ id: z.string(), bytes: z.number() });
const listAnswer = z.looseObject({ data: z.array(batchAnswer), has_more: z.boolean() });

export type BatchAnswer = z.output<typeof batchAnswer>;

export interface BatchClientOptions {
  /** Of the gateway: `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** API key; absent: none is sent. */
  readonly key?: string | undefined;
  /** Longest wait for an answer that is no file. Default 60,000. */
  readonly timeoutMs?: number | undefined;
}

export interface UploadSource {
  readonly name: string;
  readonly bytes: number;
  /** Told of each piece that has been handed on. */
  readonly pieces: AsyncIterable<Buffer>;
}

export interface BatchWish {
  readonly fileId: string;
  readonly endpoint: string;
  readonly concurrency?: number | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** `x-nearhit-*`: for all lines. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export type BatchClient = ReturnType<typeof createBatchClient>;

const TIMEOUT_MS = 60_000;

/** Files and batches of a gateway from a program. Every call throws AdminClientError when it fails. */
export function createBatchClient({ baseUrl, key, timeoutMs = TIMEOUT_MS }: BatchClientOptions) {
  const root = `${baseUrl.replace(/\/+$/, '')}/v1`;
  const authorization: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const ask = async <S extends z.ZodType>(
    schema: S,
    path: string,
    init: RequestInit & { readonly duplex?: 'half' } = {},
  ): Promise<z.output<S>> => {
    const url = `${root}${path}`;
    const headers = { ...authorization, ...(init.headers as Record<string, string>) };
    const response = await sent(url, { signal: AbortSignal.timeout(timeoutMs), ...init, headers });
    const parsed = schema.safeParse(tryJson(await textOf(response, url)));
    if (parsed.success) return parsed.data;
    throw new AdminClientError(response.status, null, `${url} answered something unexpected.`);
  };
  return {
    /** As long as it takes: a file may be large and the way slow. */
    upload: (source: UploadSource) => ask(fileAnswer, '/files', { ...formOf(source), signal: null }),
    create: ({ fileId, endpoint, concurrency, metadata, headers }: BatchWish) =>
      ask(batchAnswer, '/batches', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({
          ...{ input_file_id: fileId, endpoint, completion_window: '24h', metadata },
          ...(concurrency !== undefined && { nearhit: { concurrency } }),
        }),
      }),
    get: (id: string) => ask(batchAnswer, `/batches/${encodeURIComponent(id)}`),
    cancel: (id: string) => ask(batchAnswer, `/batches/${encodeURIComponent(id)}/cancel`, { method: 'POST' }),
    list: (limit: number, after?: string) =>
      ask(listAnswer, `/batches?limit=${limit}${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`),
    /** The file piece by piece. */
    async *content(fileId: string): AsyncGenerator<Uint8Array> {
      const url = `${root}/files/${encodeURIComponent(fileId)}/content`;
      const response = await sent(url, { headers: authorization });
      try {
        yield* (response.body ?? []) as AsyncIterable<Uint8Array>;
      } catch (cause) {
        throw new AdminClientError(0, null, `${url} broke off.`, cause);
      }
    },
  };
}

/** A form with one file, written as it is read; its length is known before. */
function formOf({ name, bytes, pieces }: UploadSource): RequestInit & { duplex: 'half' } {
  const boundary = `nearhit-${randomUUID()}`;
  const filename = name.replace(/["\r\n]/g, '_');
  const head = Buffer.from(
    `--${boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n` +
      `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${filename}"\r\n` +
      'content-type: application/jsonl\r\n\r\n',
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* body() {
    yield head;
    yield* pieces;
    yield tail;
  }
  return {
    method: 'POST',
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(head.length + bytes + tail.length),
    },
    body: ReadableStream.from(body()) as unknown as NonNullable<RequestInit['body']>,
    duplex: 'half',
  };
}

async function sent(url: string, init: RequestInit & { readonly duplex?: 'half' }): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    const why = cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause);
    throw new AdminClientError(0, null, `No answer from ${url}: ${why}`, cause);
  }
  if (response.ok) return response;
  const parsed = errorAnswer.safeParse(tryJson(await textOf(response, url)));
  const { status } = response;
  if (!parsed.success) throw new AdminClientError(status, null, `${url} answered ${status}, not as nearhit does.`);
  throw new AdminClientError(status, parsed.data.error.code, parsed.data.error.message);
}

async function textOf(response: Response, url: string): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw new AdminClientError(0, null, `${url} broke off.`, cause);
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
