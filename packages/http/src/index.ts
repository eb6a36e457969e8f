export type { EntrySummary, InvalidateBody } from './admin/entry-schemas.ts';
export type { StatsAnswer } from './admin/observe-schemas.ts';
export type { PolicyAnswer } from './admin/policy-schemas.ts';
export type {
  CacheAdmin,
  EntryReader,
  EvidenceAdmin,
  KeysAdmin,
  PolicyAdmin,
  StatsReader,
  UpstreamReader,
  UsageReader,
} from './admin/ports.ts';
export type { AdminDeps } from './admin/router.ts';
export { type AppDeps, createApp } from './app.ts';
export { type AuthorizeOptions, createAuthorize, type Keyring } from './authorize.ts';
export { parseJson, type ReadBodyOptions, readBody, readJson, requireJson } from './body.ts';
export { type ChatDeps, createChatHandler } from './chat/chat.ts';
export {
  type AdminClient,
  AdminClientError,
  type AdminClientOptions,
  createAdminClient,
} from './client/admin-client.ts';
export { type Door, type DoorDeps, openDoor, openServer, type WireDeps } from './door.ts';
export { createEmbeddingApp, type EmbeddingAppDeps } from './internal/embedding-app.ts';
export {
  createEmbeddingClient,
  type EmbeddingClient,
  type EmbeddingClientOptions,
} from './internal/embedding-client.ts';
export { createNearestApp, type NearestAppDeps } from './internal/nearest-app.ts';
export { createNearestClient, type NearestClient, type NearestClientOptions } from './internal/nearest-client.ts';
export { createNetworkClient, type NetworkClient, type NetworkClientOptions } from './internal/network-client.ts';
export type { ReplicaStatus, Resolve } from './internal/replicas.ts';
export type { ServiceDeps, ServiceWire } from './internal/service-app.ts';
export type { Logger } from './logger.ts';
export { labelled, type MetricSource, type Reading, type Sample } from './metrics/exposition.ts';
export type { MetricSources } from './metrics/gauges.ts';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics/metrics.ts';
export { createServiceMetrics, type ServiceMetricsOptions } from './metrics/service-metrics.ts';
export { type Mounted, mountDoor } from './mount.ts';
export { createLocalEmbeddings } from './openai/embeddings.ts';
export { createOpsApp } from './ops/app.ts';
export type { Readiness } from './ops/ops.ts';
export { sendError, sendJson } from './reply.ts';
export { type Authorize, bearerOf, requestIdOf } from './request.ts';
export { closeServer, createServer, listen, type ServerOptions } from './server.ts';
