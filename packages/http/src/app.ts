import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BatchRoom } from '@nearhit/batch';
import { messagesDialect } from '@nearhit/dialects';
import type { Application, Router } from 'express';
import { boardDoor } from './admin/board.ts';
import { type AdminDeps, createAdminRouter, createSessionRouter } from './admin/router.ts';
import { bareApp, withRequestId } from './bare-app.ts';
import type { AnswerHandler } from './chat/chat.ts';
import type { AnswerDoors } from './chat/doors.ts';
import { dashboardSite } from './dashboard/site.ts';
import type { Logger } from './logger.ts';
import { batchRoutes } from './openai/batches.ts';
import { createEmbeddingsHandler, type EmbeddingsDeps } from './openai/embeddings.ts';
import { feedbackRoutes } from './openai/feedback.ts';
import { fileRoutes } from './openai/files.ts';
import { type ModelsDeps, modelRoutes } from './openai/models.ts';
import { type OpsDeps, opsRoutes } from './ops/ops.ts';
import { providerPath } from './provider-path.ts';
import { type ErrorShape, sendError } from './reply.ts';
import { type Route, routerOf } from './routes.ts';

export interface AppDeps extends OpsDeps {
  /** Each answers its own failures. */
  readonly doors: AnswerDoors;
  readonly upstream: EmbeddingsDeps['upstream'] & ModelsDeps['upstream'] & AdminDeps['upstream'];
  readonly embedder?: EmbeddingsDeps['embedder'];
  /** Hears of what passes by the cache; `answer` tells of the rest. */
  readonly observer?: EmbeddingsDeps['observer'];
  /** Absent: everybody may use the data plane. */
  readonly authorize?: EmbeddingsDeps['authorize'];
  /** Absent: nobody is limited. */
  readonly enter?: EmbeddingsDeps['enter'];
  readonly countEmbeddings?: EmbeddingsDeps['countEmbeddings'];
  /** Absent: no files and no batches here. */
  readonly batchRoom?: BatchRoom | undefined;
  readonly admin: Omit<AdminDeps, 'upstream' | 'log' | 'readiness'>;
  /** Folder of the built dashboard. Absent: there is none. */
  readonly dashboard?: string | undefined;
  readonly bodyBytesMax: number;
  readonly log: Logger;
}

/** The whole wire of the ingress: data plane, admin plane, operations. */
export function createApp(deps: AppDeps): Application {
  const { log, upstream } = deps;
  const mount = (app: Application): void => {
    app.use(withRequestId);
    app.use('/v1', dataPlane(deps));
    app.use('/admin/v1', createAdminRouter({ ...deps.admin, upstream, log, readiness: deps.readiness }));
    app.use(createSessionRouter(deps.admin));
    if (deps.admin.board !== undefined) app.use('/admin/queues', boardDoor(deps.admin.token), deps.admin.board);
    if (deps.dashboard !== undefined) app.use('/dashboard', dashboardSite(deps.dashboard));
    app.use(routerOf(opsRoutes(deps)));
    app.use(
      '/:provider/v1',
      providerPath({
        providers: () => upstream.providers().map(({ id }) => id),
        routes: (provider) => dataPlane(deps, provider),
        authorize: deps.authorize,
      }),
    );
  };
  return bareApp(log, mount, shapeAt);
}

const BELOW_MESSAGES = /^(?:\/[^/?]+)?\/v1\/messages(?:[/?]|$)/;

/** Whoever asks for a path of Anthropic's is told in its words that there is none. */
const shapeAt = (path: string): ErrorShape | undefined =>
  BELOW_MESSAGES.test(path) ? messagesDialect.error : undefined;

/** What clients of the OpenAI API and its neighbours find below `/v1`. `provider`: the one that answers all of it. */
export function dataPlane(deps: AppDeps, provider?: string): Router {
  const { log, upstream, authorize, enter } = deps;
  const fail = (req: IncomingMessage, res: ServerResponse, error: unknown): void => sendError(req, res, error, log);
  // The local model is nobody's but ours.
  const embedder = provider === undefined ? deps.embedder : undefined;
  return routerOf([
    ...Object.entries(deps.doors).map(([path, door]) => doorRoute(path, door, provider)),
    { method: 'post', path: '/embeddings', handler: createEmbeddingsHandler({ ...deps, embedder, provider, fail }) },
    ...modelRoutes({ upstream, authorize, enter, provider, localModel: embedder && (() => embedder.model.id) }),
    // A file belongs to no provider, and a verdict to none.
    ...(provider === undefined ? [...batchPlane(deps), ...feedbackPlane(deps)] : []),
  ]);
}

function feedbackPlane({ admin, authorize, enter }: AppDeps): Route[] {
  return admin.evidence === undefined ? [] : feedbackRoutes({ ...admin.evidence, authorize, enter });
}

function batchPlane({ batchRoom, ...deps }: AppDeps): Route[] {
  if (batchRoom === undefined) return [];
  return [...fileRoutes({ ...batchRoom, ...deps }), ...batchRoutes({ ...batchRoom, ...deps })];
}

const doorRoute = (path: string, door: AnswerHandler, provider: string | undefined): Route => ({
  method: 'post',
  path,
  handler: (req, res) => door(req, res, provider),
});
