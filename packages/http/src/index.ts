export type { CacheAdmin, EntryReader, PolicyAdmin, StatsReader, UpstreamReader, UsageReader } from './admin/ports.ts';
export type { AdminDeps } from './admin/router.ts';
export type { EntrySummary, InvalidateBody, PolicyAnswer, StatsAnswer } from './admin/schemas.ts';
export { type AppDeps, createApp } from './app.ts';
export { parseJson, type ReadBodyOptions, readBody, readJson, requireJson } from './body.ts';
export { type ChatDeps, createChatHandler } from './chat/chat.ts';
export {
  type AdminClient,
  AdminClientError,
  type AdminClientOptions,
  createAdminClient,
} from './client/admin-client.ts';
export { type Door, type DoorDeps, openDoor } from './door.ts';
export type { Logger } from './logger.ts';
export { labelled, type MetricSource, type Reading, type Sample } from './metrics/exposition.ts';
export type { MetricSources } from './metrics/gauges.ts';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics/metrics.ts';
export { createServiceMetrics, type ServiceMetricsOptions } from './metrics/service-metrics.ts';
export type { Readiness } from './ops/ops.ts';
export { sendError, sendJson } from './reply.ts';
export { type Authorize, bearerOf, requestIdOf } from './request.ts';
export { closeServer, createServer, listen, type ServerOptions } from './server.ts';
