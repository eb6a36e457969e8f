import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Allowance, TokenEstimate, Upstream, UpstreamCall, UpstreamHead } from '@nearhit/core';
import { forwardedHeaders } from '../chat/chat.ts';
import { headersFrom } from '../reply.ts';
import { requestIdOf } from '../request.ts';
import { EmbeddingsUsage } from './embeddings-usage.ts';

export interface ForwardDeps {
  readonly upstream: Pick<Upstream, 'send' | 'price'>;
  readonly fail: (req: IncomingMessage, res: ServerResponse, error: unknown) => void;
}

/** On whose account a call goes, and how much it will be where its reply does not say. */
export interface Charged {
  readonly allowance: Allowance;
  readonly estimate: () => TokenEstimate;
}

/**
 * Passes a call to its provider and the reply back as it comes, at the client's pace. The client leaving cancels it.
 * Settles the allowance in the end, however it ends.
 */
export function forward(
  req: IncomingMessage,
  res: ServerResponse,
  call: Omit<UpstreamCall, 'headers'>,
  charged: Charged,
  { upstream, fail }: ForwardDeps,
): void {
  const { allowance } = charged;
  const usage = new EmbeddingsUsage();
  let head: UpstreamHead | undefined;
  const settle = (): void => {
    const isCharged = head !== undefined && head.status < 300;
    const promptTokens = isCharged ? (usage.promptTokens() ?? charged.estimate().promptTokens) : 0;
    const price = head?.price ?? upstream.price(call.model);
    const costUsd = (promptTokens * (price?.inputUsdPerMTok ?? 0)) / 1e6;
    allowance.settle({ hit: false, promptTokens, completionTokens: 0, costUsd });
  };
  if (res.destroyed) {
    settle();
    return;
  }
  const flow = upstream.send(
    { ...call, headers: forwardedHeaders(req) },
    {
      onHead: (begun) => {
        head = begun;
        res.writeHead(begun.status, headersOf(begun, requestIdOf(req), allowance.headers()));
      },
      onData: (chunk) => {
        usage.push(chunk);
        if (!res.write(chunk)) flow.pause();
      },
      onEnd: () => {
        settle();
        res.end();
      },
      onError: (error) => {
        settle();
        fail(req, res, error);
      },
    },
  );
  res.on('drain', () => flow.resume());
  res.on('close', () => {
    if (res.writableFinished) return;
    flow.abort();
    settle();
  });
}

function headersOf(head: UpstreamHead, requestId: string, rate: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  // The caller's limits are those of their key, not those of the house at its provider.
  for (const [name, value] of Object.entries(head.headers))
    if (rate.length === 0 || !name.startsWith('x-ratelimit-')) headers[name] = value;
  return {
    ...headers,
    ...headersFrom(rate),
    'x-request-id': requestId,
    'x-nearhit-cache': 'bypass',
    'x-nearhit-reason': 'not-cacheable:endpoint',
    'x-nearhit-model': head.model.replace(/[^\x20-\x7e]/g, '?'),
    'x-nearhit-provider': head.provider,
    'x-nearhit-attempts': String(head.attempts),
  };
}
