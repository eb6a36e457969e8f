import type { IncomingMessage, ServerResponse } from 'node:http';
import { ANYONE, type Embedder, type EmbedOptions, NearhitError, type PairNetwork } from '@nearhit/core';
import type { z } from 'zod';
import { checkAll } from '../admin/faults.ts';
import { readJson } from '../body.ts';
import { createEmbeddingsHandler } from '../openai/embeddings.ts';
import { sendError, sendJson } from '../reply.ts';
import { encodeEmbeddings, readTexts } from './embed-codec.ts';
import {
  createServiceWire,
  deadlineOf,
  type ServiceDeps,
  type ServiceRoute,
  type ServiceWire,
  sendBinary,
} from './service-app.ts';
import { MODEL_VERSION_HEADER, PATHS, scoreRequest } from './wire.ts';

export interface EmbeddingAppDeps extends ServiceDeps {
  readonly embedder: Pick<Embedder, 'embed' | 'model'>;
  /** Where there is one. */
  readonly network?: PairNetwork | undefined;
  readonly bodyBytesMax: number;
  /** In one call of the internal endpoint. Default 256. */
  readonly textsMax?: number | undefined;
}

/** The wire of the embedding service: the internal binary endpoint, and OpenAI's /v1/embeddings for its one model. */
export function createEmbeddingApp(deps: EmbeddingAppDeps): ServiceWire {
  const { embedder, network, log, bodyBytesMax, textsMax = 256 } = deps;
  const embed = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const options = optionsOf(req);
    const texts = readTexts(await readJson(req, bodyBytesMax), textsMax);
    const { version, dimensions } = embedder.model;
    const embeddings = await embedder.embed(texts, options);
    res.setHeader(MODEL_VERSION_HEADER, version);
    sendBinary(res, encodeEmbeddings(embeddings, dimensions));
  };
  const compatible = createEmbeddingsHandler({
    embedder,
    upstream: {
      price: () => undefined,
      send({ model }) {
        const known = `This service has one model: '${embedder.model.id}'.`;
        throw new NearhitError('MODEL_NOT_FOUND', `The model '${model.slice(0, 200)}' does not exist. ${known}`, {
          param: 'model',
        });
      },
    },
    bodyBytesMax,
    fail: (req, res, error) => sendError(req, res, error, log),
    // The token was checked before and must go no further.
    authorize: () => ANYONE,
  });
  return createServiceWire(deps, { method: 'post', path: PATHS.embed, handler: embed }, [
    { method: 'get', path: PATHS.model, handler: async (_req, res) => sendJson(res, 200, factsOf(deps)) },
    { method: 'post', path: '/v1/embeddings', handler: compatible },
    ...(network === undefined ? [] : [scoring(network, bodyBytesMax)]),
  ]);
}

const optionsOf = (req: IncomingMessage): EmbedOptions => {
  const deadlineMs = deadlineOf(req);
  return deadlineMs === undefined ? {} : { deadlineMs };
};

const factsOf = ({ embedder: { model }, network }: EmbeddingAppDeps) =>
  network?.version === undefined ? model : { ...model, network: network.version };

/** For those processes that decide: they have no model's runtime. */
function scoring(network: PairNetwork, bodyBytesMax: number): ServiceRoute {
  return {
    ...{ method: 'post', path: PATHS.score },
    async handler(req, res) {
      const options = optionsOf(req);
      const value = await readJson(req, bodyBytesMax);
      const [{ pairs }] = checkAll([{ name: 'body', schema: scoreRequest, value }]) as [z.infer<typeof scoreRequest>];
      const logits = await network.score(pairs, options);
      const said = logits.map((logit) => (logit !== undefined && Number.isFinite(logit) ? logit : null));
      sendJson(res, 200, { version: network.version, logits: said });
    },
  };
}
