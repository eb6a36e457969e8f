import {
  ANYONE,
  allowsModel,
  assertGranted,
  type Caller,
  type ModelInfo,
  NearhitError,
  NOTHING_SPENT,
  UNLIMITED,
  type Upstream,
} from '@nearhit/core';
import type { Request, RequestHandler } from 'express';
import { headersFrom, sendJson } from '../reply.ts';
import { type Authorize, bearerOf, type Enter } from '../request.ts';
import type { Route } from '../routes.ts';

export interface ModelsDeps {
  readonly upstream: Pick<Upstream, 'models'>;
  /** Name of the embedding model that answers here, '' while it is not known; absent when there is none. */
  readonly localModel?: (() => string) | undefined;
  /** Only what this one has. */
  readonly provider?: string | undefined;
  /** Absent: everybody may ask. */
  readonly authorize?: Authorize | undefined;
  /** Absent: nobody is limited. */
  readonly enter?: Enter | undefined;
}

interface ModelObject {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

/** GET /v1/models and /v1/models/{id}; ids may contain slashes, plain or percent-encoded. */
export function modelRoutes(deps: ModelsDeps): Route[] {
  const list = async ({ grants }: Caller): Promise<ModelObject[]> => {
    const models = (await deps.upstream.models(deps.provider)).map(toObject);
    const local = deps.localModel?.() ?? '';
    if (local !== '' && !models.some(({ id }) => id === local)) {
      models.push({ id: local, object: 'model', created: 0, owned_by: 'nearhit' });
    }
    return models.filter(({ id }) => allowsModel(grants, id));
  };
  const all: RequestHandler = async (req, res) => {
    const { caller, headers } = await admitted(req, deps);
    sendJson(res, 200, { object: 'list', data: await list(caller) }, headers);
  };
  const one: RequestHandler = async (req, res) => {
    const { caller, headers } = await admitted(req, deps);
    const id = wildcard(req.params.id);
    const models = await list(caller);
    const found = models.find((model) => model.id === id);
    if (found === undefined) throw unknownModel(id, models);
    sendJson(res, 200, found, headers);
  };
  return [
    { method: 'get', path: '/models', handler: all },
    { method: 'get', path: '/models/*id', handler: one },
  ];
}

/** Counts as a request like others; what it costs is nothing. */
async function admitted(req: Request, { authorize, enter }: ModelsDeps) {
  const caller = (await authorize?.(bearerOf(req), req)) ?? ANYONE;
  assertGranted(caller.grants, { feature: 'models' });
  const allowance = (await enter?.(caller)) ?? UNLIMITED;
  const headers = headersFrom(allowance.headers());
  allowance.settle(NOTHING_SPENT);
  return { caller, headers };
}

/** Express hands a wildcard over in decoded segments. */
export function wildcard(segments: unknown): string {
  return Array.isArray(segments) ? segments.join('/') : String(segments ?? '');
}

function toObject({ id, created, provider }: ModelInfo): ModelObject {
  return { id, object: 'model', created, owned_by: provider };
}

function unknownModel(id: string, models: readonly ModelObject[]): NearhitError {
  const some = models.slice(0, 5).map((model) => model.id);
  const hint = some.length === 0 ? '' : ` Known, among others: ${some.join(', ')}.`;
  return new NearhitError('MODEL_NOT_FOUND', `The model '${id}' does not exist here.${hint}`, { param: 'model' });
}
