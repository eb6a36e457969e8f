import type { GuardLevel } from './judge.ts';
import type { Pair } from './pairs.ts';
import { type Rate, rateOf } from './wilson.ts';

export interface Rates {
  /** Served, of the pairs that mean the same. */
  readonly hitRate: Rate;
  /** Served, of the pairs that do not. */
  readonly falseHitRate: Rate;
  /** Mean the same, of what was served. */
  readonly precision: Rate;
}

export interface Setting extends Rates {
  readonly guard: GuardLevel;
  readonly threshold: number;
  /** Refused at or above the threshold, by the guard that said no first. */
  readonly refusedBy: readonly { readonly guard: string; readonly equivalent: number; readonly different: number }[];
  readonly kinds: readonly (Rates & { readonly kind: string })[];
}

interface Counts {
  equivalent: number;
  different: number;
}

const none = (): Counts => ({ equivalent: 0, different: 0 });
/** Pairs without a kind, and those of kinds beyond the first thousand. */
const NO_KIND = '(none)';
const OTHER_KINDS = '(other)';
const KINDS_MAX = 1000;

class Cell {
  readonly served = none();
  readonly servedByKind = new Map<string, Counts>();
  readonly refusedBy = new Map<string, Counts>();
}

/** Counts verdicts; memory grows with settings and kinds, not with pairs. */
export class Tally {
  readonly pairs = none();
  readonly #thresholds: readonly number[];
  readonly #cells: ReadonlyMap<GuardLevel, readonly Cell[]>;
  readonly #kinds = new Map<string, Counts>();

  constructor(thresholds: readonly number[], guards: readonly GuardLevel[]) {
    this.#thresholds = thresholds;
    this.#cells = new Map(guards.map((guard) => [guard, thresholds.map(() => new Cell())]));
  }

  /** verdicts: for each guard level, one per threshold. */
  add(
    { equivalent, kind: named }: Pick<Pair, 'equivalent' | 'kind'>,
    verdicts: ReadonlyMap<GuardLevel, readonly string[]>,
  ): void {
    const side = equivalent ? 'equivalent' : 'different';
    const kind = this.#kindOf(named);
    this.pairs[side] += 1;
    at(this.#kinds, kind)[side] += 1;
    for (const [guard, cells] of this.#cells) {
      cells.forEach((cell, index) => {
        const verdict = verdicts.get(guard)?.[index] ?? '';
        if (verdict === 'serve') {
          cell.served[side] += 1;
          at(cell.servedByKind, kind)[side] += 1;
        } else if (verdict.startsWith('guard:')) at(cell.refusedBy, verdict.slice('guard:'.length))[side] += 1;
      });
    }
  }

  settings(): Setting[] {
    return [...this.#cells].flatMap(([guard, cells]) =>
      cells.map((cell, index) => ({
        guard,
        threshold: this.#thresholds[index] as number,
        ...ratesOf(cell.served, this.pairs),
        refusedBy: [...cell.refusedBy]
          .map(([name, counts]) => ({ guard: name, ...counts }))
          .sort((a, b) => b.equivalent + b.different - a.equivalent - a.different),
        kinds: [...this.#kinds]
          .map(([kind, counts]) => ({ kind, ...ratesOf(cell.servedByKind.get(kind) ?? none(), counts) }))
          .sort((a, b) => (a.kind < b.kind ? -1 : 1)),
      })),
    );
  }

  #kindOf(kind: string | undefined): string {
    if (kind === undefined) return NO_KIND;
    return this.#kinds.has(kind) || this.#kinds.size < KINDS_MAX ? kind : OTHER_KINDS;
  }
}

function at(counts: Map<string, Counts>, key: string): Counts {
  const known = counts.get(key) ?? none();
  counts.set(key, known);
  return known;
}

function ratesOf(served: Counts, all: Counts): Rates {
  return {
    hitRate: rateOf(served.equivalent, all.equivalent),
    falseHitRate: rateOf(served.different, all.different),
    precision: rateOf(served.equivalent, served.equivalent + served.different),
  };
}
