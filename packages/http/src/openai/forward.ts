import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  guessedPromptTokens,
  type NearhitError,
  NOTHING_SPENT,
  type Observer,
  promptTokensOf,
  ReplyEdges,
  type TokenUsage,
  type Upstream,
  type UpstreamCall,
  type UpstreamHead,
} from '@nearhit/core';
import { forwardedHeaders } from '../chat/chat.ts';
import { endAccounted, headersFrom } from '../reply.ts';
import { requestIdOf } from '../request.ts';
import { type Passed, reportEmbeddings } from './report.ts';

export interface ForwardDeps {
  readonly upstream: Pick<Upstream, 'send'> & Partial<Pick<Upstream, 'price'>>;
  readonly fail: (req: IncomingMessage, res: ServerResponse, error: unknown) => void;
  /** Hears of each call when it is over. */
  readonly observer?: Pick<Observer, 'record'> | undefined;
}

const NO_USAGE: TokenUsage = { promptTokens: 0, completionTokens: 0 };

/**
 * Passes a call to its provider and the reply back as it comes, at the client's pace. The client leaving cancels it.
 * Settles the allowance in the end, however it ends.
 */
export function forward(
  req: IncomingMessage,
  res: ServerResponse,
  call: Omit<UpstreamCall, 'headers'>,
  passed: Passed,
  deps: ForwardDeps,
): void {
  if (res.destroyed) {
    passed.allowance.settle(NOTHING_SPENT);
    return;
  }
  const reply = new ForwardedReply(req, call, passed, deps);
  const flow = deps.upstream.send(
    { ...call, headers: forwardedHeaders(req) },
    {
      onHead: (head) => {
        reply.begin(head);
        res.writeHead(head.status, headersOf(head, requestIdOf(req), passed.allowance.headers()));
      },
      onData: (chunk) => {
        reply.edges.push(chunk);
        if (!res.write(chunk)) flow.pause();
      },
      onEnd: () => {
        reply.end();
        endAccounted(res);
      },
      onError: (error) => {
        reply.end(error);
        deps.fail(req, res, error);
      },
    },
  );
  res.on('drain', () => flow.resume());
  res.on('close', () => {
    if (res.writableFinished) return;
    flow.abort();
    reply.leave();
  });
}

/** What is told of a reply when it is over, once. */
class ForwardedReply {
  readonly edges = new ReplyEdges();
  readonly #req: IncomingMessage;
  readonly #call: Omit<UpstreamCall, 'headers'>;
  readonly #passed: Passed;
  readonly #deps: ForwardDeps;
  #head: UpstreamHead | undefined;
  #headAtMs: number | undefined;
  #told = false;

  constructor(req: IncomingMessage, call: Omit<UpstreamCall, 'headers'>, passed: Passed, deps: ForwardDeps) {
    this.#req = req;
    this.#call = call;
    this.#passed = passed;
    this.#deps = deps;
  }

  begin(head: UpstreamHead): void {
    this.#head = head;
    this.#headAtMs = performance.now();
  }

  end(error?: NearhitError): void {
    this.#tell(error?.status ?? this.#head?.status ?? 502, { error });
  }

  /** Whether the provider had done its work by then nobody knows: it is taken to be so once its answer had begun. */
  leave(): void {
    this.#tell(this.#head?.status ?? 499, { left: true });
  }

  #tell(status: number, how: { error?: NearhitError | undefined; left?: boolean }): void {
    if (this.#told) return;
    this.#told = true;
    const { observer, upstream } = this.#deps;
    const price = upstream.price?.(this.#passed.model, this.#call.provider);
    const rest = { head: this.#head, headAtMs: this.#headAtMs, usage: this.#usage(), price };
    const { usage = NO_USAGE, costUsd } = reportEmbeddings(
      this.#req,
      this.#passed,
      { status, ...rest, ...how },
      observer,
    );
    this.#passed.allowance.settle({ hit: false, ...usage, costUsd });
  }

  #usage(): TokenUsage | undefined {
    const head = this.#head;
    if (head === undefined || head.status < 200 || head.status > 299) return undefined;
    const promptTokens = this.edges.inJson(promptTokensOf);
    if (promptTokens !== undefined) return { promptTokens, completionTokens: 0 };
    return { promptTokens: guessedPromptTokens(this.#call.body.length), completionTokens: 0, estimated: true };
  }
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
