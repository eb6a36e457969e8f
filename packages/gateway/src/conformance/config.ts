import type { GatewayConfig, ProviderConfig } from '../config.ts';

export const TIMEOUTS = { connect: 2_000, firstByte: 5_000, idle: 5_000, total: 15_000 };
export const RETRY = { attemptsMax: 3, backoffMs: 20, backoffMsMax: 100 };

export function openAi(baseUrl: string, overrides: Partial<ProviderConfig> = {}): ProviderConfig {
  return { id: 'main', kind: 'openai', baseUrl, apiKeys: [], timeoutsMs: TIMEOUTS, concurrencyMax: 200, ...overrides };
}

export function demo(): ProviderConfig {
  return { ...openAi(''), id: 'demo', kind: 'demo' };
}

/** Whatever fails, fails at once. */
export const ONCE = { ...RETRY, attemptsMax: 1 };

export function gateway(
  providers: ProviderConfig[],
  models: GatewayConfig['models'] = [],
  retry = RETRY,
): GatewayConfig {
  return { providers, models, retry };
}
