import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { endianness } from 'node:os';
import { ANYONE, DEFAULT_NAMESPACE, type Embedder, type Embedding } from '@nearhit/core';
import { parseJson, readBody, requireJson } from '../body.ts';
import { sendJson } from '../reply.ts';
import { type Authorize, bearerOf, requestIdOf } from '../request.ts';
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
    const caller = (await deps.authorize?.(given)) ?? { ...ANYONE, credential: given };
    const { credential, upstreamKeys } = caller;
    requireJson(req);
    const bytes = await readBody(req, deps.bodyBytesMax);
    const body = parseJson(bytes);
    const model = modelOf(body);
    const passed: Passed = { callId: randomUUID(), caller, model, startedAtMs: performance.now() };
    if (local !== undefined && isLocal(model, local.model.id)) {
      const tokens = await answerLocally(local, body as object, res);
      const head = { provider: LOCAL_PROVIDER, model: local.model.id, attempts: 0 };
      const usage = { promptTokens: tokens, completionTokens: 0 };
      reportEmbeddings(req, passed, { status: 200, head, usage, left: res.destroyed }, deps.observer);
      return;
    }
    const call = { path: '/embeddings', model, body: bytes, stream: false, credential, upstreamKeys } as const;
    const { provider } = deps;
    const { tenant, keyId } = caller;
    const requestId = requestIdOf(req);
    const account = { requestId, tenant, keyId, namespace: DEFAULT_NAMESPACE, endpoint: 'embeddings' } as const;
    forward(req, res, { ...call, provider, callId: passed.callId, account }, passed, deps);
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

/** Answers the tokens that the texts have. */
async function answerLocally(
  embedder: Pick<Embedder, 'embed' | 'model'>,
  body: object,
  res: ServerResponse,
): Promise<number> {
  const { texts, base64 } = readEmbeddingsRequest(body, embedder.model.id);
  const embeddings: Embedding[] = [];
  for (let from = 0; from < texts.length; from += BATCH_TEXTS) {
    if (res.destroyed) break;
    embeddings.push(...(await embedder.embed(texts.slice(from, from + BATCH_TEXTS))));
  }
  const tokens = embeddings.reduce((sum, embedding) => sum + embedding.tokens, 0);
  if (res.destroyed) return tokens;
  const truncated = embeddings.filter((embedding) => embedding.truncated).length;
  sendJson(
    res,
    200,
    {
      object: 'list',
      data: embeddings.map(({ vector }, index) => ({
        object: 'embedding',
        index,
        embedding: base64 ? littleEndianBase64(vector) : Array.from(vector),
      })),
      model: embedder.model.id,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    },
    truncated === 0 ? {} : { 'x-nearhit-truncated': truncated },
  );
  return tokens;
}

function littleEndianBase64(vector: Float32Array): string {
  const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return (endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32()).toString('base64');
}
