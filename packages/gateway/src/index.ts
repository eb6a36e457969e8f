export { type Access, type AccessOptions, createAccess } from './access.ts';
export {
  CATALOGUE,
  type CatalogueModel,
  type CatalogueProvider,
  catalogueModel,
  catalogueModels,
} from './catalogue/lookup.ts';
export type { CatalogueEntry, CatalogueVendor } from './catalogue/types.ts';
export type { Catalogue, GatewayConfig, ModelConfig, ProviderConfig, ProviderTimeouts, RetryConfig } from './config.ts';
export type { ProviderAlarm } from './routing/bookkeeping.ts';
export { createUpstream, type Gateway, type GatewayOptions } from './upstream.ts';
