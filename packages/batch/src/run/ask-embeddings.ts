import {
  type Allowance,
  assertGranted,
  type Caller,
  DEFAULT_NAMESPACE,
  type DecisionRecord,
  NOTHING_SPENT,
  newCallId,
  type Observer,
  promptTokensOf,
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
  /** Of a request's body. Absent: of what is set aside before, nothing is known. */
  readonly countTokens?: ((body: Buffer) => Promise<number>) | undefined;
  /** Hears of each line when it is over. */
  readonly observer?: Pick<Observer, 'record'> | undefined;
}

/** What came back for a line. */
interface Fetched {
  readonly reply: LineReply;
  /** Absent: nobody upstream answered, or nobody there was asked. */
  readonly head?: UpstreamHead | undefined;
}

const NOTHING: Fetched = { reply: { status: 500, body: '' } };

/** A line as any client's request: only what its caller may ask for, within the caller's limits. */
export function createAskEmbeddings(deps: AskEmbeddingsDeps): Ask {
  return async (call) => {
    let allowance = UNLIMITED;
    try {
      assertGranted(call.caller.grants, { feature: 'batches', model: call.model });
      if (deps.enter !== undefined) allowance = await deps.enter(call.caller);
      const body = JSON.parse(call.body.toString()) as object;
      const own = deps.local?.(call.model, body);
      if (own === undefined) await reserve(call, allowance, deps);
      return await accountedFor(call, allowance, deps, async (callId) =>
        own === undefined
          ? fetched(call, callId, deps.upstream)
          : { reply: replyOf(200, Buffer.from(JSON.stringify(await own)), {}) },
      );
    } catch (error) {
      allowance.settle(NOTHING_SPENT);
      if (error instanceof Aborted) throw error;
      return replyOfError(error);
    }
  };
}

async function reserve({ model, body }: LineCall, allowance: Allowance, deps: AskEmbeddingsDeps) {
  const usdPerMTok = deps.upstream.price(model)?.inputUsdPerMTok ?? 0;
  await allowance.reserve(
    async () => ({ promptTokens: (await deps.countTokens?.(body)) ?? 0, completionTokens: 0 }),
    ({ promptTokens }) => (promptTokens * usdPerMTok) / 1e6,
  );
}

/** Counted and accounted, however it ends. Each try is a call that may cost: under one id only the first would be. */
async function accountedFor(
  call: LineCall,
  allowance: Allowance,
  { upstream, observer }: AskEmbeddingsDeps,
  ask: (callId: string) => Promise<Fetched>,
): Promise<LineReply> {
  const id = newCallId();
  const startedAtMs = performance.now();
  let got = NOTHING;
  try {
    got = await ask(id);
    return got.reply;
  } catch (error) {
    if (!(error instanceof Aborted)) got = { reply: replyOfError(error) };
    throw error;
  } finally {
    // Those of the house's own model cost nothing.
    const promptTokens = got.head === undefined ? 0 : countedTokens(got.reply);
    const price = got.head?.price ?? upstream.price(call.model);
    const costUsd = (promptTokens * (price?.inputUsdPerMTok ?? 0)) / 1e6;
    const usage = { promptTokens, completionTokens: 0 };
    allowance.settle({ hit: false, ...usage, costUsd });
    const latencyMs = performance.now() - startedAtMs;
    observer?.record({ ...recordOf(call, got), id, usage, costUsd, latencyMs, firstByteMs: latencyMs });
  }
}

/** As `answer()` tells of a chat. */
function recordOf({ callId, caller, model }: LineCall, { reply: { status }, head }: Fetched) {
  return {
    ...{ requestId: callId, endpoint: 'batch', keyId: caller.keyId, atMs: Date.now() },
    ...{ tenant: caller.tenant, namespace: DEFAULT_NAMESPACE, model, query: '', stream: false, threshold: 0 },
    ...{ outcome: status >= 500 ? 'error' : 'bypass', reason: 'not-cacheable:endpoint', status },
    ...{ provider: head?.provider, upstreamModel: head?.model, attempts: head?.attempts },
    ...{ savedUsd: 0, overheadMs: 0 },
  } satisfies Partial<DecisionRecord>;
}

const countedTokens = ({ status, body }: LineReply): number =>
  status > 299 ? 0 : (promptTokensOf(JSON.parse(body)) ?? 0);

const accountOf = ({ callId, caller: { tenant, keyId } }: LineCall) =>
  ({ requestId: callId, tenant, keyId, namespace: DEFAULT_NAMESPACE, endpoint: 'batch' }) as const;

function fetched(call: LineCall, callId: string, upstream: Pick<Upstream, 'send'>): Promise<Fetched> {
  const { body, model, caller, signal } = call;
  const { credential, upstreamKeys, routing } = caller;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Aborted());
    const pieces: Buffer[] = [];
    let head: UpstreamHead | undefined;
    const flow = upstream.send(
      {
        ...{ path: '/embeddings', stream: false, priority: 'batch', headers: { 'x-request-id': call.callId } },
        ...{ model, body, callId, credential, upstreamKeys, routing, account: accountOf(call) },
      },
      {
        onHead: (received) => {
          head = received;
        },
        onData: (piece) => void pieces.push(piece),
        onEnd: () => {
          signal.removeEventListener('abort', abort);
          resolve({ reply: replyOf(head?.status ?? 502, Buffer.concat(pieces), head?.headers ?? {}), head });
        },
        onError: (error) => {
          signal.removeEventListener('abort', abort);
          resolve({ reply: replyOfError(error), head });
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
