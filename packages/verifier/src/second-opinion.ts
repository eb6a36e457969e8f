import {
  type EmbedOptions,
  NearhitError,
  type NetworkSilence,
  type NetworkWord,
  type PairNetwork,
  type TextPair,
  within,
} from '@nearhit/core';
import { fused, type Joint } from './joint.ts';

const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** WordPiece, which the network reads by, knows no accents, nor most letters of other scripts; all pictures are one to it. */
const UNREADABLE = /(?![A-Za-z])\p{L}|\p{M}|\p{Extended_Pictographic}/u;

type NetworkOutcome = 'heard' | NetworkSilence;

/** How often the network was heard, or why it was not. */
export type NetworkCounts = Readonly<Record<NetworkOutcome, number>>;

export const NEVER_ASKED: NetworkCounts = { heard: 0, sure: 0, script: 0, long: 0, late: 0, failed: 0, absent: 0 };

const isLate = (error: unknown): boolean => error instanceof NearhitError && error.kind === 'EMBEDDER_BUSY';

/** The network where the trees are in doubt. */
export class SecondOpinion {
  readonly version: string;
  readonly #joint: Joint;
  readonly #network: PairNetwork;
  readonly #counts = { ...NEVER_ASKED };

  constructor(joint: Joint, network: PairNetwork) {
    this.version = joint.version;
    this.#joint = joint;
    this.#network = network;
  }

  get counts(): NetworkCounts {
    return this.#counts;
  }

  /** Why it need not be asked, by what is known before. `probability`: the trees'. */
  silenceFor({ a, b }: TextPair, probability: number): NetworkSilence | undefined {
    const { from, to } = this.#joint.grey;
    if (!(probability >= from && probability <= to)) return 'sure';
    return UNREADABLE.test(a) || UNREADABLE.test(b) ? 'script' : undefined;
  }

  /** Of each pair, by the deadline in `options`; all in one call. Never rejects. */
  async hear(pairs: readonly TextPair[], options: EmbedOptions): Promise<NetworkWord[]> {
    if (pairs.length === 0) return [];
    const silent = (why: NetworkSilence): NetworkWord[] => pairs.map(() => ({ silent: why }));
    if (this.#network.version !== this.version) return silent('absent');
    try {
      const logits = await this.#asked(pairs, options);
      return pairs.map((_, at) => wordOf(logits[at]));
    } catch (error) {
      if (this.#network.version !== this.version) return silent('absent');
      return silent(isLate(error) ? 'late' : 'failed');
    }
  }

  /** Probability that the trees' calibrated logit and the network's come to. `isAsked`: one of the texts is a question. */
  probability(ofTrees: number, ofNetwork: number, isAsked: boolean): number {
    const { asked, stated } = this.#joint.fusion;
    return fused(isAsked ? asked : stated, ofTrees, ofNetwork);
  }

  count(word: NetworkWord): void {
    this.#counts['silent' in word ? word.silent : 'heard'] += 1;
  }

  /** A network that does not keep the deadline is not waited for. */
  #asked(pairs: readonly TextPair[], options: EmbedOptions): Promise<(number | undefined)[]> {
    const asked = this.#network.score(pairs, options);
    const leftMs = (options.deadlineMs ?? Number.POSITIVE_INFINITY) - Date.now();
    if (leftMs > TIMEOUT_MS_MAX) return asked;
    return within(asked, leftMs, () => new NearhitError('EMBEDDER_BUSY', 'The network was not ready by its deadline.'));
  }
}

function wordOf(logit: number | undefined): NetworkWord {
  if (logit === undefined) return { silent: 'long' };
  return Number.isFinite(logit) ? { logit } : { silent: 'failed' };
}
