import type { Embedder } from '@nearhit/core';

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

async function works(ask: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_MS);
  });
  const asked = async () => ask();
  const outcome = await Promise.race([
    asked().then(
      () => true,
      () => false,
    ),
    late,
  ]);
  clearTimeout(timer);
  return outcome;
}
