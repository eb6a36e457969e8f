import { type Allowance, type Caller, UNLIMITED, type Upstream, type UpstreamHead } from '@nearhit/core';
import { Aborted, type Ask, type LineCall, type LineReply, replyOf, replyOfError } from './line-reply.ts';

export interface AskEmbeddingsDeps {
  readonly upstream: Pick<Upstream, 'send' | 'price'>;
  /** OpenAI's answer by the model that runs in the house; undefined when it is not the one asked for. Throws NearhitError. */
  readonly local?: ((model: string, body: object) => Promise<object> | undefined) | undefined;
  readonly enter?: ((caller: Caller) => Allowance | Promise<Allowance>) | undefined;
}

export function createAskEmbeddings(deps: AskEmbeddingsDeps): Ask {
  return async (call) => {
    let allowance = UNLIMITED;
    const spent = { hit: false, promptTokens: 0, completionTokens: 0, costUsd: 0 };
    try {
      if (deps.enter !== undefined) allowance = await deps.enter(call.caller);
      const own = deps.local?.(call.model, JSON.parse(call.body.toString()) as object);
      const reply =
        own === undefined
          ? await fetched(call, deps.upstream)
          : replyOf(200, Buffer.from(JSON.stringify(await own)), {});
      spent.promptTokens = own === undefined ? promptTokensOf(reply) : 0;
      const price = deps.upstream.price(call.model)?.inputUsdPerMTok ?? 0;
      spent.costUsd = (spent.promptTokens * price) / 1e6;
      return reply;
    } catch (error) {
      if (error instanceof Aborted) throw error;
      return replyOfError(error);
    } finally {
      allowance.settle(spent);
    }
  };
}

function promptTokensOf({ status, body }: LineReply): number {
  if (status > 299) return 0;
  const { usage } = JSON.parse(body) as { usage?: { prompt_tokens?: unknown } };
  return typeof usage?.prompt_tokens === 'number' ? usage.prompt_tokens : 0;
}

function fetched(call: LineCall, upstream: Pick<Upstream, 'send'>): Promise<LineReply> {
  const { body, model, caller, callId, signal } = call;
  const { credential, upstreamKeys, routing } = caller;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Aborted());
    const pieces: Buffer[] = [];
    let head: UpstreamHead | undefined;
    const flow = upstream.send(
      {
        ...{ path: '/embeddings', stream: false, priority: 'batch', headers: { 'x-request-id': callId } },
        ...{ model, body, callId, credential, upstreamKeys, routing },
      },
      {
        onHead: (received) => {
          head = received;
        },
        onData: (piece) => void pieces.push(piece),
        onEnd: () => {
          signal.removeEventListener('abort', abort);
          resolve(replyOf(head?.status ?? 502, Buffer.concat(pieces), head?.headers ?? {}));
        },
        onError: (error) => {
          signal.removeEventListener('abort', abort);
          resolve(replyOfError(error));
        },
      },
    );
    const abort = () => {
      flow.abort();
      reject(new Aborted());
    };
    signal.addEventListener('abort', abort, { once: true });
  });
}
