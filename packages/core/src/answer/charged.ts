import type { ModelPrice } from '../ports/upstream.ts';
import type { CountedUsage } from '../reply/usage.ts';

/** What a call used, and its price in USD: 0 when the model has none. */
export function charged(counted: CountedUsage, price: ModelPrice | undefined) {
  const { promptTokens, completionTokens, estimated, cachedPromptTokens = 0 } = counted;
  const usage =
    estimated === undefined ? { promptTokens, completionTokens } : { promptTokens, completionTokens, estimated };
  if (price === undefined) return { usage, costUsd: 0, cachedPromptTokens };
  const { inputUsdPerMTok, cachedInputUsdPerMTok = inputUsdPerMTok, outputUsdPerMTok } = price;
  const input =
    (usage.promptTokens - cachedPromptTokens) * inputUsdPerMTok + cachedPromptTokens * cachedInputUsdPerMTok;
  return { usage, costUsd: (input + usage.completionTokens * outputUsdPerMTok) / 1e6, cachedPromptTokens };
}
