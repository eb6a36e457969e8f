import { type Embedder, within } from '@nearhit/core';

/** A part that answers when it works. */
export type Probe = readonly [name: string, ask: () => Promise<unknown>];

const PROBE_MS = 1000;

/** Has a text embedded, within a second. */
export function embedderProbe(embedder: Pick<Embedder, 'embed'>): Probe {
  return ['embedding', () => embedder.embed(['ready?'], { deadlineMs: Date.now() + PROBE_MS })];
}

/** Names of the parts that do not work: they failed, or did not answer within a second. */
export async function degradedOf(probes: readonly Probe[]): Promise<string[]> {
  const results = await Promise.all(probes.map(async ([name, ask]) => ((await works(ask)) ? [] : [name])));
  return results.flat();
}

async function works(ask: Probe[1]): Promise<boolean> {
  const asked = async () => ask();
  return within(asked(), PROBE_MS, () => new Error('no answer')).then(
    () => true,
    () => false,
  );
}
