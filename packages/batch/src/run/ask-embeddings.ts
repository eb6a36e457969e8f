import {
  type Allowance,
  type Caller,
  DEFAULT_NAMESPACE,
  type DecisionRecord,
  type Observer,
  UNLIMITED,
  type Upstream,
  type UpstreamHead,
} from '@nearhit/core';
import { Aborted, type Ask, type LineCall, type LineReply, replyOf, replyOfError } from './line-reply.ts';

export interface AskEmbeddingsDeps {
  readonly upstream: Pick<Upstream, 'send' | 'price'>;
  /** OpenAI's answer by the model that runs in the house; undefined when it is not the one asked for. Throws NearhitError. */
  readonly local?: ((model: string, body: object) => Promise<object> | undefined) | undefined;
  readonly enter?: ((caller: Caller) => Allowance | Promise<Allowance>) | undefined;
  /** Hears of each line when it is over. */
  readonly observer?: Pick<Observer, 'record'> | undefined;
}

export function createAskEmbeddings(deps: AskEmbeddingsDeps): Ask {
  return async (call) => {
    let allowance = UNLIMITED;
    const spent = { hit: false, promptTokens: 0, completionTokens: 0, costUsd: 0 };
    const startedAtMs = performance.now();
    let status = 500;
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
      status = reply.status;
      return reply;
    } catch (error) {
      if (error instanceof Aborted) throw error;
      const reply = replyOfError(error);
      status = reply.status;
      return reply;
    } finally {
      allowance.settle(spent);
      deps.observer?.record(recordOf(call, status, spent, performance.now() - startedAtMs));
    }
  };
}

/** As `answer()` tells of a chat: it is counted and accounted all the same. */
function recordOf(
  { callId, caller, model }: LineCall,
  status: number,
  { costUsd, ...usage }: { promptTokens: number; completionTokens: number; costUsd: number },
  latencyMs: number,
): DecisionRecord {
  return {
    ...{ id: callId, requestId: callId, endpoint: 'batch', keyId: caller.keyId, atMs: Date.now() },
    ...{ tenant: caller.tenant, namespace: DEFAULT_NAMESPACE, model, query: '', stream: false, threshold: 0 },
    ...{ outcome: status >= 500 ? 'error' : 'bypass', reason: 'not-cacheable:endpoint', status },
    ...{ usage, costUsd, savedUsd: 0, latencyMs, firstByteMs: latencyMs, overheadMs: 0 },
  };
}

function promptTokensOf({ status, body }: LineReply): number {
  if (status > 299) return 0;
  const { usage } = JSON.parse(body) as { usage?: { prompt_tokens?: unknown } };
  return typeof usage?.prompt_tokens === 'number' ? usage.prompt_tokens : 0;
}

const accountOf = ({ callId, caller: { tenant, keyId } }: LineCall) =>
  ({ requestId: callId, tenant, keyId, namespace: DEFAULT_NAMESPACE, endpoint: 'batch' }) as const;

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
        ...{ model, body, callId, credential, upstreamKeys, routing, account: accountOf(call) },
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
