import type { Embedder, EntryId, NearestIndex, ResponseStore, WriteQueue } from '@nearhit/core';

export interface Watched {
  readonly embedder: Embedder;
  readonly index: NearestIndex;
  readonly store: ResponseStore;
  readonly queue: WriteQueue;
}

const PROBE_MS = 1000;
const QUEUE_DEPTH_MAX = 5000;
const NO_SUCH_ENTRY = '0'.repeat(64) as EntryId;

/** Ready as soon as it listens: without its cache the gateway still answers. Degraded names the parts that do not work. */
export function readinessOf(watched: Watched): () => Promise<{ ready: boolean; degraded: string[] }> {
  return async () => {
    const probes: [string, Promise<unknown>][] = [
      ['embedding', watched.embedder.embed(['ready?'], { deadlineMs: Date.now() + PROBE_MS })],
      ['index', watched.index.stats()],
      ['store', watched.store.get(NO_SUCH_ENTRY)],
    ];
    const results = await Promise.all(probes.map(async ([name, probe]) => ((await works(probe)) ? [] : [name])));
    const degraded = results.flat();
    if (watched.queue.depth() > QUEUE_DEPTH_MAX) degraded.push('queue');
    return { ready: true, degraded };
  };
}

async function works(probe: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), PROBE_MS);
  });
  const outcome = await Promise.race([
    probe.then(
      () => true,
      () => false,
    ),
    late,
  ]);
  clearTimeout(timer);
  return outcome;
}
