import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Upstream, UpstreamCall, UpstreamHead } from '@nearhit/core';
import { forwardedHeaders } from '../chat/chat.ts';
import { requestIdOf } from '../request.ts';

export interface ForwardDeps {
  readonly upstream: Pick<Upstream, 'send'>;
  readonly fail: (req: IncomingMessage, res: ServerResponse, error: unknown) => void;
}

/** Passes a call to its provider and the reply back as it comes, at the client's pace. The client leaving cancels it. */
export function forward(
  req: IncomingMessage,
  res: ServerResponse,
  call: Omit<UpstreamCall, 'headers'>,
  { upstream, fail }: ForwardDeps,
): void {
  if (res.destroyed) return;
  const flow = upstream.send(
    { ...call, headers: forwardedHeaders(req) },
    {
      onHead: (head) => void res.writeHead(head.status, headersOf(head, requestIdOf(req))),
      onData: (chunk) => {
        if (!res.write(chunk)) flow.pause();
      },
      onEnd: () => void res.end(),
      onError: (error) => fail(req, res, error),
    },
  );
  res.on('drain', () => flow.resume());
  res.on('close', () => {
    if (!res.writableFinished) flow.abort();
  });
}

function headersOf(head: UpstreamHead, requestId: string): Record<string, string> {
  return {
    ...head.headers,
    'x-request-id': requestId,
    'x-nearhit-cache': 'bypass',
    'x-nearhit-reason': 'not-cacheable:endpoint',
    'x-nearhit-model': head.model.replace(/[^\x20-\x7e]/g, '?'),
    'x-nearhit-provider': head.provider,
    'x-nearhit-attempts': String(head.attempts),
  };
}
