export { type Access, type AccessOptions, createAccess } from './access.ts';
export type { GatewayConfig, ModelConfig, ProviderConfig, ProviderTimeouts, RetryConfig } from './config.ts';
export { type TokenEstimator, tokenEstimator } from './tokens/estimate.ts';
export { createUpstream, type Gateway, type GatewayOptions } from './upstream.ts';
