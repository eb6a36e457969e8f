import type { IncomingMessage, ServerResponse } from 'node:http';
import { endianness } from 'node:os';
import { ANYONE, type Embedder, type Embedding, type Upstream } from '@nearhit/core';
import { parseJson, readBody, requireJson } from '../body.ts';
import { sendJson } from '../reply.ts';
import { type Authorize, bearerOf } from '../request.ts';
import { modelOf, readEmbeddingsRequest } from './embeddings-request.ts';
import { forward } from './forward.ts';

export interface EmbeddingsDeps {
  /** Absent: every model is an upstream's. */
  readonly embedder?: Pick<Embedder, 'embed' | 'model'> | undefined;
  readonly upstream: Pick<Upstream, 'send'>;
  readonly bodyBytesMax: number;
  readonly fail: (req: IncomingMessage, res: ServerResponse, error: unknown) => void;
  /** Absent: everybody may ask. */
  readonly authorize?: Authorize | undefined;
}

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
    const caller = (await deps.authorize?.(given)) ?? { ...ANYONE, credential: given };
    const { credential, upstreamKeys } = caller;
    requireJson(req);
    const bytes = await readBody(req, deps.bodyBytesMax);
    const body = parseJson(bytes);
    const model = modelOf(body);
    if (local !== undefined && isLocal(model, local.model.id)) {
      await answerLocally(local, body as object, res);
    } else {
      forward(req, res, { path: '/embeddings', model, body: bytes, stream: false, credential, upstreamKeys }, deps);
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
): Promise<void> {
  const answered = await embedded(embedder, body, () => res.destroyed);
  if (answered === undefined) return;
  const { answer, truncated } = answered;
  sendJson(res, 200, answer, truncated === 0 ? {} : { 'x-nearhit-truncated': truncated });
}

/** Undefined when nobody waits for it any more. */
async function embedded(embedder: Pick<Embedder, 'embed' | 'model'>, body: object, isGone: () => boolean) {
  const { texts, base64 } = readEmbeddingsRequest(body, embedder.model.id);
  const embeddings: Embedding[] = [];
  for (let from = 0; from < texts.length; from += BATCH_TEXTS) {
    if (isGone()) return undefined;
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
    return embedded(embedder, body, () => false).then((answered) => answered?.answer ?? {});
  };
}

function littleEndianBase64(vector: Float32Array): string {
  const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return (endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32()).toString('base64');
}
