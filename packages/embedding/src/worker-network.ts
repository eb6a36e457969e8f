import type { EmbedOptions, PairNetwork, TextPair } from '@nearhit/core';
import { busy, type Scheduler } from './scheduler.ts';

/** Characters looked at per token; longer texts are not read, whatever they hold. */
const CHARS_PER_TOKEN_MAX = 32;

export interface WorkerNetworkOptions {
  readonly scheduler: Scheduler;
  readonly version: string;
  readonly tokensMax: number;
  /** Tokens, estimated, of a text. */
  readonly cost: (text: string) => number;
}

/** In the threads that embed, behind what look-ups wait to have embedded where they would come too late otherwise. */
export class WorkerNetwork implements PairNetwork {
  readonly version: string;
  readonly #options: WorkerNetworkOptions;

  constructor(options: WorkerNetworkOptions) {
    this.version = options.version;
    this.#options = options;
  }

  async score(pairs: readonly TextPair[], options: EmbedOptions = {}): Promise<(number | undefined)[]> {
    const { scheduler, tokensMax, cost } = this.#options;
    const { deadlineMs = Number.POSITIVE_INFINITY } = options;
    scheduler.assertOpen();
    // Of none of them would anything be said; but whoever is late is told so.
    if (pairs.length > 0 && !(Date.now() < deadlineMs)) throw busy('The deadline has passed.');
    const charsMax = tokensMax * CHARS_PER_TOKEN_MAX;
    const isShort = ({ a, b }: TextPair) => a.length <= charsMax && b.length <= charsMax;
    const short = pairs.filter(isShort);
    const logits = await scheduler.do<TextPair, number | undefined>({
      items: short,
      // The lower half of both, and the network over both.
      costs: short.map(({ a, b }) => cost(a) + cost(b)),
      deadlineMs,
      yields: true,
      run: (worker, items) => worker.score(items),
    });
    const scored = logits.values();
    return pairs.map((pair) => (isShort(pair) ? scored.next().value : undefined));
  }
}
