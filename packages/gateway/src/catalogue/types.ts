import type { ModelPrice } from '@nearhit/core';
import type { ProviderKind } from '../config.ts';

/** One vendor's models, as its public price page had them. A starting point: what stands in the configuration wins. */
export interface CatalogueVendor {
  readonly name: string;
  readonly kind: Exclude<ProviderKind, 'demo'>;
  /** Of its API's base URL: tells vendors apart that speak one dialect. */
  readonly host: string;
  /** Day to which the rows were compared with `source`. */
  readonly asOf: string;
  readonly source: string;
  readonly models: readonly CatalogueEntry[];
}

export interface CatalogueEntry {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly contextTokens: number;
  /** Absent: the vendor states none. */
  readonly maxOutputTokens?: number | undefined;
  /** Standard tier, shortest prompt bracket, writing to the prompt cache not counted apart. */
  readonly price: ModelPrice;
}

type Row = readonly [
  id: string,
  contextTokens: number,
  maxOutputTokens: number | undefined,
  inputUsdPerMTok: number,
  cachedInputUsdPerMTok: number | undefined,
  outputUsdPerMTok: number,
  aliases?: readonly string[],
];

export function entries(rows: readonly Row[]): CatalogueEntry[] {
  return rows.map(([id, contextTokens, maxOutputTokens, input, cached, output, aliases = []]) => ({
    id,
    aliases,
    contextTokens,
    maxOutputTokens,
    price: {
      inputUsdPerMTok: input,
      ...(cached === undefined ? {} : { cachedInputUsdPerMTok: cached }),
      outputUsdPerMTok: output,
    },
  }));
}
