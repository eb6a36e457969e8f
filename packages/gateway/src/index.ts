export type { Catalogue, GatewayConfig, ModelConfig, ProviderConfig, ProviderTimeouts, RetryConfig } from './config.ts';
export type { ProviderAlarm } from './routing/bookkeeping.ts';
export { createUpstream, type Gateway, type GatewayOptions } from './upstream.ts';
