export type { GatewayConfig, ModelConfig, ProviderConfig, ProviderTimeouts, RetryConfig } from './config.ts';
export { createUpstream, type Gateway, type GatewayOptions } from './upstream.ts';
