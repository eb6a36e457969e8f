import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { z } from 'zod';
import { errorAnswer } from '../admin/schemas.ts';
import { type exportQuery, importAnswer } from '../admin/transfer/transfer-schemas.ts';
import { AdminClientError, type AdminClientOptions } from './admin-client.ts';

export type TransferClient = ReturnType<typeof createTransferClient>;

const pack = promisify(gzip);
/** One that answers nothing for so long has gone. */
const TIMEOUT_MS = 300_000;

/** What is stored, out of a house and into another. Every call throws AdminClientError when it fails. */
export function createTransferClient({ baseUrl, token, timeoutMs = TIMEOUT_MS }: AdminClientOptions) {
  const root = `${baseUrl.replace(/\/+$/, '')}/admin/v1`;
  const authorization = `Bearer ${token}`;
  return {
    /** Lines of JSON, piece by piece as they come. */
    async *read(query: z.input<typeof exportQuery> = {}): AsyncGenerator<Uint8Array> {
      const known = Object.entries(query).filter(([, value]) => value !== undefined) as [string, string][];
      const url = `${root}/export?${new URLSearchParams(known)}`;
      const response = await sent(url, { headers: { authorization } });
      try {
        yield* (response.body ?? []) as AsyncIterable<Uint8Array>;
      } catch (cause) {
        throw new AdminClientError(0, null, `${url} broke off.`, cause);
      }
    },
    /** Lines of JSON, as many as fit into one request of a few minutes. They go packed. */
    async write(
      lines: Buffer,
      { ttlSeconds, dryRun = false }: { ttlSeconds?: number | undefined; dryRun?: boolean } = {},
    ) {
      const query = new URLSearchParams({ dryRun: String(dryRun) });
      if (ttlSeconds !== undefined) query.set('ttlSeconds', String(ttlSeconds));
      const url = `${root}/import?${query}`;
      const headers = { authorization, 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' };
      const body = await pack(lines, { level: 1 });
      const response = await sent(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeoutMs) });
      const parsed = importAnswer.safeParse(await response.json().catch(() => undefined));
      if (parsed.success) return parsed.data;
      throw new AdminClientError(response.status, null, `${url} answered something unexpected.`);
    },
  };
}

async function sent(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    const why = cause instanceof Error ? ((cause.cause as Error | undefined)?.message ?? cause.message) : String(cause);
    throw new AdminClientError(0, null, `No answer from ${url}: ${why}`, cause);
  }
  if (response.ok) return response;
  const parsed = errorAnswer.safeParse(await response.json().catch(() => undefined));
  const { status } = response;
  if (!parsed.success) throw new AdminClientError(status, null, `${url} answered ${status}, not as nearhit does.`);
  throw new AdminClientError(status, parsed.data.error.code, parsed.data.error.message);
}
