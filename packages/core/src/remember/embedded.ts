import { NearhitError } from '../errors.ts';
import type { Embedder } from '../ports/embedder.ts';
import type { StoreUpkeep } from '../ports/response-store.ts';

const LOOK_AGAIN_MS = 50;
const PROBE_MS = 1000;
/** Of one look; more than that lack a vector only when another model has just come, for which nobody waits. */
const LACKING_MAX = 64;

interface EmbeddedDeps {
  readonly upkeep: Pick<StoreUpkeep, 'unembedded'>;
  readonly embedder: Pick<Embedder, 'embed' | 'model'>;
}

/**
 * Resolves when what was stored without a vector, its embedder being busy or away then, has got one: `reembed` makes them
 * within seconds. Answers whether there was any. Does not wait for an embedder that is away: nobody knows how long. Throws
 * FLUSH_TIMEOUT.
 */
export async function embedded(deps: EmbeddedDeps, deadlineMs = Number.POSITIVE_INFINITY): Promise<boolean> {
  const lacked = await lacking(deps);
  let left = lacked;
  while (left.length > 0 && (await answers(deps.embedder))) {
    if (Date.now() > deadlineMs)
      throw new NearhitError('FLUSH_TIMEOUT', `Everything is stored; ${left.length} answers still wait for a vector.`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    const now = new Set(await lacking(deps));
    left = left.filter((id) => now.has(id));
  }
  return lacked.length > 0;
}

/** Those that never had one. Those of another model are found until they have one of the present model. */
async function lacking({ upkeep, embedder }: EmbeddedDeps): Promise<string[]> {
  const { version } = embedder.model;
  if (version === '') return [];
  const entries = await upkeep.unembedded(version, LACKING_MAX);
  return entries.filter(({ embeddingModel }) => embeddingModel === undefined).map(({ id }) => id);
}

function answers(embedder: EmbeddedDeps['embedder']): Promise<boolean> {
  const now = Date.now();
  // Another text each time: one that is remembered says nothing of the embedder.
  return embedder.embed([`ready at ${now}?`], { deadlineMs: now + PROBE_MS }).then(
    () => true,
    () => false,
  );
}
