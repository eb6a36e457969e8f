import { Pool } from 'undici';
import { systemCode } from '../failures.ts';
import type { Prompt } from './prompts.ts';
import { BodyWatch, faultOf, outcomeOf, type Sample } from './reply.ts';

export interface LoadOptions {
  /** Of the gateway, without a slash at its end. */
  readonly url: string;
  /** Of every request beside content-type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
  readonly stream: boolean;
  /** Connections, each with one request at a time. */
  readonly concurrency: number;
  /** One request's time until its answer is complete. */
  readonly timeoutMs: number;
  readonly next: () => Prompt;
  /** Asked before each request; false ends the load. */
  readonly more: () => boolean;
  readonly onSample: (sample: Sample) => void;
}

/** Closed loop: each connection asks again as soon as it has its answer. Resolves when all have come back. */
export async function runLoad(options: LoadOptions): Promise<void> {
  const { origin, pathname } = new URL(`${options.url}/v1/chat/completions`);
  const pool = new Pool(origin, { connections: options.concurrency, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  const headers = { ...options.headers, 'content-type': 'application/json' };
  try {
    await Promise.all(
      Array.from({ length: options.concurrency }, async () => {
        while (options.more()) options.onSample(await ask(pool, pathname, headers, options));
      }),
    );
  } finally {
    await pool.close();
  }
}

async function ask(pool: Pool, path: string, headers: Record<string, string>, options: LoadOptions): Promise<Sample> {
  const { model, stream } = options;
  const prompt = options.next();
  const messages = typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
  const body = JSON.stringify({ model, messages, ...(stream && { stream }) });
  const signal = AbortSignal.timeout(options.timeoutMs);
  const startedMs = performance.now();
  const since = (): number => performance.now() - startedMs;
  try {
    const response = await pool.request({ method: 'POST', path, headers, body, signal });
    const watch = new BodyWatch();
    let firstByteMs: number | undefined;
    for await (const chunk of response.body) {
      firstByteMs ??= since();
      watch.add(chunk as Buffer);
    }
    const latencyMs = since();
    const outcome = outcomeOf(response.headers);
    const error = faultOf(response.statusCode, response.headers, watch.tail);
    return {
      ...outcome,
      ...(error !== undefined && { outcome: 'error', error }),
      latencyMs,
      firstByteMs: firstByteMs ?? latencyMs,
    };
  } catch (error) {
    return { outcome: 'error', error: nameOf(error), latencyMs: since(), firstByteMs: since() };
  }
}

function nameOf(error: unknown): string {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  if (name === 'TimeoutError') return 'timeout';
  return systemCode(error) ?? code ?? message ?? String(error);
}
