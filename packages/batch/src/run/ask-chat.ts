import {
  type Allowance,
  type Caller,
  type ChatCall,
  type Client,
  type Exchange,
  NearhitError,
  newCallId,
  type Settled,
  UNLIMITED,
  type UpstreamOutcome,
} from '@nearhit/core';
import type { LineDialect, LineReplies } from './line-dialect.ts';
import { Aborted, type Ask, type LineCall, type LineReply, replyOf, replyOfError } from './line-reply.ts';

export interface AskChatDeps {
  readonly answer: (call: ChatCall) => Promise<Exchange>;
  /** Within the caller's limits; throws RATE_LIMITED, BUDGET_EXCEEDED. Absent: nobody is limited. */
  readonly enter?: ((caller: Caller) => Allowance | Promise<Allowance>) | undefined;
  /** Absent: lines are chat completions. */
  readonly dialect?: LineDialect | undefined;
}

/** A line as any client's request, by the same `answer()`: looked up, shared with whoever asks the same, stored. */
export function createAskChat({ answer, enter, dialect }: AskChatDeps): Ask {
  return async (call) => {
    try {
      const asked = dialect?.read(call.body);
      const exchange = await answer({
        requestId: call.callId,
        // Each try is a call that may cost: under one id only the first would be accounted.
        callId: newCallId(),
        body: asked?.body ?? call.body,
        madeOf: dialect?.name,
        headers: call.headers,
        caller: call.caller,
        allowance: enter === undefined ? UNLIMITED : await enter(call.caller),
        endpoint: 'batch',
        priority: 'batch',
        forward: { 'x-request-id': call.callId },
        startedAtMs: performance.now(),
        client: new LineClient(call),
      });
      const reply = inWordsOf(asked?.replies, await replyTo(exchange));
      finish(exchange, reply.status);
      if (call.signal.aborted) throw new Aborted();
      return reply;
    } catch (error) {
      if (call.signal.aborted) throw new Aborted();
      const reply = replyOfError(error);
      return dialect === undefined ? reply : { ...reply, body: refusal(dialect, reply) };
    }
  };
}

/** Undefined: in those it has. An answer that is none is a fault of whoever gave it. */
function inWordsOf(replies: LineReplies | undefined, reply: LineReply): LineReply {
  if (replies === undefined) return reply;
  if (reply.status > 299) return { ...reply, body: refusal(replies, reply) };
  try {
    return { ...reply, body: replies.whole(Buffer.from(reply.body)).toString('utf8') };
  } catch (error) {
    const failed = replyOfError(error);
    return { ...failed, body: refusal(replies, failed) };
  }
}

const refusal = (replies: Pick<LineReplies, 'error'>, { body, status }: LineReply): string =>
  replies.error(Buffer.from(body), status).toString('utf8');

class LineClient implements Client {
  readonly #signal: AbortSignal;

  constructor({ signal }: LineCall) {
    this.#signal = signal;
  }

  get gone(): boolean {
    return this.#signal.aborted;
  }

  onGone(listener: () => void): void {
    this.#signal.addEventListener('abort', listener, { once: true });
  }
}

function finish(exchange: Exchange, status: number): void {
  const atMs = performance.now();
  exchange.finish({ status, firstByteAtMs: atMs, endAtMs: atMs, failed: status >= 500 });
}

async function replyTo({ outcome }: Exchange): Promise<LineReply> {
  if (outcome.kind === 'hit') return replyOf(200, outcome.cached.entry.answer, {});
  if (outcome.kind === 'upstream') return replyOfUpstream(outcome);
  const message = `Nothing in the cache may answer this request (${outcome.reason}), and the request allows no call upstream.`;
  return replyOfError(new NearhitError('CACHE_MISS', message));
}

async function replyOfUpstream(outcome: UpstreamOutcome): Promise<LineReply> {
  const { live } = outcome;
  const pieces: Buffer[] = [];
  try {
    await new Promise<void>((resolve) => {
      live.listen({
        onHead: () => {},
        onData: (piece) => pieces.push(piece) > 0,
        onEnd: resolve,
        onError: () => resolve(),
      });
    });
    const settled = await outcome.settled;
    if (live.error !== undefined) return replyOfError(live.error);
    const { head } = live;
    const fault = faultOf(settled, head?.provider);
    if (fault !== undefined) return replyOfError(fault);
    // Shared with a client that streams, or a provider that streams unasked: the same answer, as one object.
    const bytes = live.streamed && settled.answer !== undefined ? settled.answer : Buffer.concat(pieces);
    return replyOf(head?.status ?? 502, bytes, head?.headers ?? {});
  } finally {
    outcome.release();
  }
}

function faultOf({ fault, notStored }: Settled, provider = ''): NearhitError | undefined {
  if (fault === undefined) return undefined;
  const message = `The provider '${provider}' answered with a body that is no chat completion: ${fault}.`;
  return new NearhitError('UPSTREAM_INVALID', message, { detail: notStored ?? '' });
}
