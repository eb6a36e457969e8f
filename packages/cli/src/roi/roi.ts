/** USD per million tokens. */
export interface Price {
  readonly inputUsdPerMTok: number;
  readonly outputUsdPerMTok: number;
}

/** A share of the calls that goes to a model. */
export interface MixPart {
  readonly model: string;
  /** 0..1; all shares make 1. */
  readonly share: number;
}

/** A span's figures, as given or as the accounts have them. */
export interface RoiInput {
  readonly requests: number;
  /** Of one request, on average. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** What would be called without routing. */
  readonly model: string;
  /** Where routing sends what the cache does not answer; absent: all to `model`. */
  readonly routing?: readonly MixPart[] | undefined;
  /** Share of the requests that the cache answers, 0..1. */
  readonly hitRate: number;
}

export interface RoiRow {
  readonly name: 'direct' | 'routing' | 'caching' | 'both';
  /** Requests that reach a provider. */
  readonly calls: number;
  readonly costUsd: number;
  readonly savedUsd: number;
  /** Of the direct cost; null when that is 0. */
  readonly savedShare: number | null;
}

export interface Roi extends RoiInput {
  /** USD of one request at each model. */
  readonly requestUsd: Readonly<Record<string, number>>;
  readonly rows: readonly RoiRow[];
}

/** `requests x (input tokens x input price + output tokens x output price) / 1,000,000`, mixes by their shares. */
export function computeRoi(input: RoiInput, priceOf: (model: string) => Price): Roi {
  const { requests, inputTokens, outputTokens, model, hitRate, routing = [{ model, share: 1 }] } = input;
  const requestUsd: Record<string, number> = {};
  for (const name of new Set([model, ...routing.map((part) => part.model)])) {
    const { inputUsdPerMTok, outputUsdPerMTok } = priceOf(name);
    requestUsd[name] = (inputTokens * inputUsdPerMTok + outputTokens * outputUsdPerMTok) / 1e6;
  }
  const directUsd = requestUsd[model] as number;
  const routedUsd = routing.reduce((sum, part) => sum + part.share * (requestUsd[part.model] as number), 0);
  const missed = requests * (1 - hitRate);
  const row = (name: RoiRow['name'], calls: number, eachUsd: number): RoiRow => {
    const savedUsd = requests * directUsd - calls * eachUsd;
    const share = requests * directUsd === 0 ? null : savedUsd / (requests * directUsd);
    return { name, calls, costUsd: calls * eachUsd, savedUsd, savedShare: share };
  };
  const rows = [
    row('direct', requests, directUsd),
    row('routing', requests, routedUsd),
    row('caching', missed, directUsd),
    row('both', missed, routedUsd),
  ];
  return { ...input, requestUsd, rows };
}

export const FORMULA = [
  'direct   = requests x (input tokens x input price + output tokens x output price) / 1,000,000',
  'routing  = requests x sum over the mix of share x the same at that model’s prices',
  'caching  = direct x (1 - hit rate)',
  'both     = routing x (1 - hit rate)',
].join('\n  ');
