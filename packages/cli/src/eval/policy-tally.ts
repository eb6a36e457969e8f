import type { Pair } from './pairs.ts';
import type { PolicyVerdict } from './policy-judge.ts';
import { type Rate, rateOf } from './wilson.ts';

/** Probabilities at which the verifier's bar could stand. */
export const BARS = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95] as const;

export interface RightAndWrong {
  /** Served, of the equivalent pairs. */
  readonly right: Rate;
  /** Served, of the different pairs. */
  readonly wrong: Rate;
}

/** A pair on which the policy was wrong. */
export interface Miss {
  readonly a: string;
  readonly b: string;
  readonly kind: string | undefined;
  readonly similarity: number;
  readonly verdict: string;
  readonly probability: number | undefined;
}

export interface PolicyResult extends RightAndWrong {
  /** The verifier's bar in force. */
  readonly bar: number;
  readonly verifier: string;
  readonly bars: readonly (RightAndWrong & { readonly bar: number })[];
  readonly kinds: readonly (RightAndWrong & { readonly kind: string })[];
  /** Refusals by what refused. */
  readonly refusedBy: readonly { readonly reason: string; readonly equivalent: number; readonly different: number }[];
  /** The most confident wrong hits, and the nearest refused repeats. */
  readonly worst: { readonly servedWrong: readonly Miss[]; readonly refusedRight: readonly Miss[] };
}

type Side = 'equivalent' | 'different';
type Counts = Record<Side, number>;
const none = (): Counts => ({ equivalent: 0, different: 0 });

const WORST_MAX = 25;
const KINDS_MAX = 1000;

/** Counts what the policy in force would have done; memory grows with kinds and reasons, not with pairs. */
export class PolicyTally {
  readonly #bar: number;
  readonly #verifier: string;
  readonly #all = none();
  readonly #served = none();
  readonly #atBar = BARS.map(() => none());
  readonly #kinds = new Map<string, { all: Counts; served: Counts }>();
  readonly #refused = new Map<string, Counts>();
  #servedWrong: Miss[] = [];
  #refusedRight: Miss[] = [];

  constructor({ bar, version }: { readonly bar: number; readonly version: string }) {
    this.#bar = bar;
    this.#verifier = version;
  }

  add(pair: Pair, similarity: number, { verdict, probability }: PolicyVerdict): void {
    const side: Side = pair.equivalent ? 'equivalent' : 'different';
    const served = verdict === 'serve';
    const kind = this.#kind(pair.kind ?? '(none)');
    this.#all[side] += 1;
    kind.all[side] += 1;
    if (served) {
      this.#served[side] += 1;
      kind.served[side] += 1;
    } else count(this.#refused, verdict)[side] += 1;
    this.#atBar.forEach((counts, at) => {
      // Without a probability the bar changes nothing.
      if (probability === undefined ? served : probability >= (BARS[at] as number)) counts[side] += 1;
    });
    const miss = { a: pair.a, b: pair.b, kind: pair.kind, similarity, verdict, probability };
    if (served && !pair.equivalent) this.#servedWrong = kept([...this.#servedWrong, miss], confidence);
    if (!served && pair.equivalent) this.#refusedRight = kept([...this.#refusedRight, miss], nearness);
  }

  result(): PolicyResult {
    const rates = (served: Counts, all = this.#all): RightAndWrong => ({
      right: rateOf(served.equivalent, all.equivalent),
      wrong: rateOf(served.different, all.different),
    });
    return {
      bar: this.#bar,
      verifier: this.#verifier,
      ...rates(this.#served),
      bars: this.#atBar.map((counts, at) => ({ bar: BARS[at] as number, ...rates(counts) })),
      kinds: [...this.#kinds]
        .map(([kind, { all, served }]) => ({ kind, ...rates(served, all) }))
        .sort((a, b) => (a.kind < b.kind ? -1 : 1)),
      refusedBy: [...this.#refused]
        .map(([reason, counts]) => ({ reason, ...counts }))
        .sort((a, b) => b.equivalent + b.different - a.equivalent - a.different),
      worst: { servedWrong: this.#servedWrong, refusedRight: this.#refusedRight },
    };
  }

  #kind(named: string): { all: Counts; served: Counts } {
    const name = this.#kinds.has(named) || this.#kinds.size < KINDS_MAX ? named : '(other)';
    const known = this.#kinds.get(name) ?? { all: none(), served: none() };
    this.#kinds.set(name, known);
    return known;
  }
}

const confidence = ({ probability, similarity }: Miss) => probability ?? 1 + similarity;
const nearness = ({ similarity }: Miss) => similarity;

const kept = (misses: Miss[], by: (miss: Miss) => number): Miss[] =>
  misses.sort((a, b) => by(b) - by(a)).slice(0, WORST_MAX);

function count(counts: Map<string, Counts>, key: string): Counts {
  const known = counts.get(key) ?? none();
  counts.set(key, known);
  return known;
}
