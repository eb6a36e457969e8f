import type { Embedder, PairNetwork } from '@nearhit/core';
import type { LocalEmbedder } from '@nearhit/embedding';
import type { MetricSource } from '@nearhit/http';

/** An embedder, and its network, that count what they do, and the figures for the metrics. */
export function counted(embedder: LocalEmbedder): {
  embedder: Embedder;
  network: PairNetwork | undefined;
  sources: MetricSource[];
} {
  const counts = { texts: 0, tokens: 0, failures: 0, inFlight: 0, pairs: 0 };
  const { network } = embedder;
  const score: PairNetwork['score'] = async (pairs, options) => {
    const logits = (await network?.score(pairs, options)) ?? [];
    counts.pairs += logits.length;
    return logits;
  };
  const embed: Embedder['embed'] = async (texts, options) => {
    counts.inFlight += 1;
    try {
      const embeddings = await embedder.embed(texts, options);
      counts.texts += embeddings.length;
      for (const { tokens } of embeddings) counts.tokens += tokens;
      return embeddings;
    } catch (error) {
      counts.failures += 1;
      throw error;
    } finally {
      counts.inFlight -= 1;
    }
  };
  const source = (name: string, help: string, kind: MetricSource['kind'], read: () => number): MetricSource => ({
    ...{ name, help, kind, read },
  });
  return {
    embedder: { model: embedder.model, embed, close: () => embedder.close() },
    network: network && { version: network.version, score },
    sources: [
      source('nearhit_embedded_texts_total', 'Texts embedded.', 'counter', () => counts.texts),
      source('nearhit_embedded_tokens_total', 'Tokens of the texts embedded.', 'counter', () => counts.tokens),
      source('nearhit_embed_failures_total', 'Calls that were refused or failed.', 'counter', () => counts.failures),
      source(
        'nearhit_scored_pairs_total',
        'Pairs of questions that the network scored.',
        'counter',
        () => counts.pairs,
      ),
      source('nearhit_embed_calls_in_flight', 'Calls that are being worked on.', 'gauge', () => counts.inFlight),
    ],
  };
}
