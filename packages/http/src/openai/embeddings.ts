import type { IncomingMessage, ServerResponse } from 'node:http';
import { endianness } from 'node:os';
import {
  type Allowance,
  ANYONE,
  assertGranted,
  type Embedder,
  type Embedding,
  NOTHING_SPENT,
  type TokenEstimate,
  UNLIMITED,
  type Upstream,
} from '@nearhit/core';
import { parseJson, readBody, requireJson } from '../body.ts';
import { headersFrom, sendJson } from '../reply.ts';
import { type Authorize, bearerOf, type Enter } from '../request.ts';
import { modelOf, readEmbeddingsRequest } from './embeddings-request.ts';
import { forward } from './forward.ts';

export interface EmbeddingsDeps {
  /** Absent: every model is an upstream's. */
  readonly embedder?: Pick<Embedder, 'embed' | 'model'> | undefined;
  readonly upstream: Pick<Upstream, 'send' | 'price'>;
  readonly bodyBytesMax: number;
  readonly fail: (req: IncomingMessage, res: ServerResponse, error: unknown) => void;
  /** Absent: everybody may ask. */
  readonly authorize?: Authorize | undefined;
  /** Absent: nobody is limited. */
  readonly enter?: Enter | undefined;
  /** Of a request's body. Absent: of what is set aside before, nothing is known. */
  readonly estimateEmbeddings?: ((body: object) => TokenEstimate) | undefined;
}

const NO_ESTIMATE: TokenEstimate = { promptTokens: 0, completionTokens: 0 };

/** `nearhit/all-MiniLM-L6-v2` and the names that hubs and other servers give the same model. */
const ALIAS_PREFIXES = ['nearhit', 'local', 'sentence-transformers', 'Xenova'] as const;

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
    try {
      if (local !== undefined && isLocal(model, local.model.id)) {
        await answerLocally(local, body as object, res, allowance);
        allowance.settle(NOTHING_SPENT);
        return;
      }
      const estimate = () => deps.estimateEmbeddings?.(body as object) ?? NO_ESTIMATE;
      const inputUsdPerMTok = deps.upstream.price(model)?.inputUsdPerMTok ?? 0;
      await allowance.reserve(estimate, ({ promptTokens }) => (promptTokens * inputUsdPerMTok) / 1e6);
      const { credential, upstreamKeys, routing } = caller;
      const call = {
        path: '/embeddings',
        model,
        body: bytes,
        stream: false,
        credential,
        upstreamKeys,
        routing,
      } as const;
      forward(req, res, call, { allowance, estimate }, deps);
    } catch (error) {
      allowance.settle(NOTHING_SPENT);
      throw error;
    }
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

async function answerLocally(
  embedder: Pick<Embedder, 'embed' | 'model'>,
  body: object,
  res: ServerResponse,
  allowance: Allowance,
): Promise<void> {
  const { texts, base64 } = readEmbeddingsRequest(body, embedder.model.id);
  const embeddings: Embedding[] = [];
  for (let from = 0; from < texts.length; from += BATCH_TEXTS) {
    if (res.destroyed) return;
    embeddings.push(...(await embedder.embed(texts.slice(from, from + BATCH_TEXTS))));
  }
  const tokens = embeddings.reduce((sum, embedding) => sum + embedding.tokens, 0);
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
    { ...headersFrom(allowance.headers()), ...(truncated > 0 && { 'x-nearhit-truncated': truncated }) },
  );
}

function littleEndianBase64(vector: Float32Array): string {
  const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return (endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32()).toString('base64');
}
