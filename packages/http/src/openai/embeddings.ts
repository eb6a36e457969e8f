import type { IncomingMessage, ServerResponse } from 'node:http';
import { endianness } from 'node:os';
import {
  ANYONE,
  assertGranted,
  DEFAULT_NAMESPACE,
  type Embedder,
  type Embedding,
  NOTHING_SPENT,
  newCallId,
  type TokenEstimate,
  UNLIMITED,
} from '@nearhit/core';
import { parseJson, readBody, requireJson } from '../body.ts';
import { headersFrom, sendJson } from '../reply.ts';
import { type Authorize, bearerOf, type Enter, requestIdOf } from '../request.ts';
import { modelOf, readEmbeddingsRequest } from './embeddings-request.ts';
import { type ForwardDeps, forward } from './forward.ts';
import { type Passed, reportEmbeddings } from './report.ts';

export interface EmbeddingsDeps extends ForwardDeps {
  /** Absent: every model is an upstream's. */
  readonly embedder?: Pick<Embedder, 'embed' | 'model'> | undefined;
  readonly bodyBytesMax: number;
  /** The one that must answer. */
  readonly provider?: string | undefined;
  /** Absent: everybody may ask. */
  readonly authorize?: Authorize | undefined;
  /** Absent: nobody is limited. */
  readonly enter?: Enter | undefined;
  /** Of a request's body. Absent: of what is set aside before, nothing is known. */
  readonly countEmbeddings?: ((body: Buffer) => Promise<number>) | undefined;
}

/** `nearhit/all-MiniLM-L6-v2` and the names that hubs and other servers give the same model. */
const ALIAS_PREFIXES = ['nearhit', 'local', 'sentence-transformers', 'Xenova'] as const;

/** As /v1/models calls the owner of the local model. */
const LOCAL_PROVIDER = 'nearhit';

/** Small enough for look-ups of other requests to get their turn in between. */
const BATCH_TEXTS = 32;

/** POST /v1/embeddings: the local model under its names; everything else goes upstream byte for byte. */
export function createEmbeddingsHandler(deps: EmbeddingsDeps) {
  const local = deps.embedder;
  const isLocal = localNames();
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const given = bearerOf(req);
    const caller = (await deps.authorize?.(given, req)) ?? { ...ANYONE, credential: given };
    requireJson(req);
    const bytes = await readBody(req, deps.bodyBytesMax);
    const body = parseJson(bytes);
    const model = modelOf(body);
    assertGranted(caller.grants, { feature: 'embeddings', model });
    const allowance = (await deps.enter?.(caller)) ?? UNLIMITED;
    const passed: Passed = { callId: newCallId(), caller, allowance, model, startedAtMs: performance.now() };
    try {
      if (local !== undefined && isLocal(model, local.model.id)) {
        const { answer, truncated } = await embedded(local, body as object, () => res.destroyed);
        const head = { provider: LOCAL_PROVIDER, model: local.model.id, attempts: 0 };
        const usage = { promptTokens: answer.usage.prompt_tokens, completionTokens: 0 };
        reportEmbeddings(req, passed, { status: 200, head, usage, left: res.destroyed }, deps.observer);
        const headers = {
          ...headersFrom(allowance.headers()),
          ...(truncated > 0 && { 'x-nearhit-truncated': truncated }),
        };
        if (!res.destroyed) sendJson(res, 200, answer, headers);
        allowance.settle(NOTHING_SPENT);
        return;
      }
      const estimate = async (): Promise<TokenEstimate> => ({
        promptTokens: (await deps.countEmbeddings?.(bytes)) ?? 0,
        completionTokens: 0,
      });
      const inputUsdPerMTok = deps.upstream.price?.(model, deps.provider)?.inputUsdPerMTok ?? 0;
      await allowance.reserve(estimate, ({ promptTokens }) => (promptTokens * inputUsdPerMTok) / 1e6);
    } catch (error) {
      allowance.settle(NOTHING_SPENT);
      throw error;
    }
    const { credential, upstreamKeys, routing, tenant, keyId } = caller;
    const { provider } = deps;
    const call = { path: '/embeddings', model, body: bytes, stream: false, provider, callId: passed.callId } as const;
    const requestId = requestIdOf(req);
    const account = { requestId, tenant, keyId, namespace: DEFAULT_NAMESPACE, endpoint: 'embeddings' } as const;
    forward(req, res, { ...call, credential, upstreamKeys, routing, account }, passed, deps);
  };
}

/** An embedder in another process has no name until it has been reached, and may get another one. */
function localNames(): (name: string, id: string) => boolean {
  let known = '';
  let names = new Set<string>();
  return (name, id) => {
    if (id !== known) {
      const bare = id.slice(id.lastIndexOf('/') + 1);
      names = new Set([id, bare, ...ALIAS_PREFIXES.map((prefix) => `${prefix}/${bare}`)]);
      known = id;
    }
    return names.has(name);
  };
}

/** Of fewer texts than were asked for when nobody waits for it any more. */
async function embedded(embedder: Pick<Embedder, 'embed' | 'model'>, body: object, isGone: () => boolean) {
  const { texts, base64 } = readEmbeddingsRequest(body, embedder.model.id);
  const embeddings: Embedding[] = [];
  for (let from = 0; from < texts.length; from += BATCH_TEXTS) {
    if (isGone()) break;
    embeddings.push(...(await embedder.embed(texts.slice(from, from + BATCH_TEXTS))));
  }
  const tokens = embeddings.reduce((sum, embedding) => sum + embedding.tokens, 0);
  const answer = {
    object: 'list',
    data: embeddings.map(({ vector }, index) => ({
      object: 'embedding',
      index,
      embedding: base64 ? littleEndianBase64(vector) : Array.from(vector),
    })),
    model: embedder.model.id,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
  return { answer, truncated: embeddings.filter(({ truncated }) => truncated).length };
}

/** The same answers without a client: for the lines of a batch. Undefined for any model but the local one. */
export function createLocalEmbeddings(embedder: Pick<Embedder, 'embed' | 'model'>) {
  const isLocal = localNames();
  return (model: string, body: object): Promise<object> | undefined => {
    if (!isLocal(model, embedder.model.id)) return undefined;
    return embedded(embedder, body, () => false).then(({ answer }) => answer);
  };
}

function littleEndianBase64(vector: Float32Array): string {
  const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return (endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32()).toString('base64');
}
