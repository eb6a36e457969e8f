import type { Scope } from '../ids.ts';
import type { LabelledSample } from '../ports/sample-store.ts';
import type { Evidence } from './clopper-pearson.ts';
import { type Level, levelOf, NOTHING_KNOWN, type Own } from './solve.ts';

/** Per bin, strictest first. */
class Bins {
  readonly n: Float64Array;
  readonly wrong: Float64Array;

  constructor(bars: number) {
    this.n = new Float64Array(bars);
    this.wrong = new Float64Array(bars);
  }

  add(bin: number, { right, weight = 1 }: Weighed, sign: 1 | -1): void {
    const amount = sign * (weight > 0 && weight <= 1 ? weight : 1);
    this.n[bin] = Math.max(0, (this.n[bin] ?? 0) + amount);
    if (!right) this.wrong[bin] = Math.max(0, (this.wrong[bin] ?? 0) + amount);
  }
}

type Weighed = Pick<LabelledSample, 'right' | 'weight'>;
type Place = Readonly<Record<keyof Scope, string>>;

export interface ScopeLevels {
  /** The scope's own samples, feedback included. */
  readonly own: Own;
  /** Of its namespace, its model and all, each without what is nearer. */
  readonly namespace: Level;
  readonly model: Level;
  readonly all: Level;
}

/**
 * Counts of samples per score bin at every level. Feedback is no fair sample: people tell of what was wrong. A wrong one
 * counts against its own scope; a right one dilutes nothing; neither is lent to other scopes, so that no key can
 * tighten or loosen what others are served.
 */
export class LevelCounts {
  readonly #grid: readonly number[];
  readonly #levels = new Map<string, Bins>();

  /** `grid`: bars, strictest first. */
  constructor(grid: readonly number[]) {
    this.#grid = grid;
  }

  /** `sign` -1: it has been let go. */
  count(sample: LabelledSample, sign: 1 | -1): void {
    const bin = this.#grid.findIndex((bar) => sample.score >= bar);
    if (bin < 0) return;
    const isFeedback = sample.source === 'feedback';
    if (isFeedback && sample.right) return;
    const { own, ...pooled } = namesOf(sample);
    this.#bins(own).add(bin, sample, sign);
    if (!isFeedback) for (const name of Object.values(pooled)) this.#bins(name).add(bin, sample, sign);
  }

  of(scope: Place): ScopeLevels {
    const names = namesOf(scope);
    const [fair, namespace, model, all] = [names.fair, names.namespace, names.model, names.all].map((name) =>
      this.#levels.get(name),
    );
    return {
      own: { ...this.#level([[this.#levels.get(names.own), 1]]), fair: this.#level([[fair, 1]]).at },
      namespace: this.#level([
        [namespace, 1],
        [fair, -1],
      ]),
      model: this.#level([
        [model, 1],
        [fair, -1],
      ]),
      all: this.#level([
        [all, 1],
        [namespace, -1],
        [model, -1],
        [fair, 1],
      ]),
    };
  }

  #bins(name: string): Bins {
    const known = this.#levels.get(name) ?? new Bins(this.#grid.length);
    this.#levels.set(name, known);
    return known;
  }

  #level(parts: readonly (readonly [Bins | undefined, 1 | -1])[]): Level {
    if (parts.every(([bins]) => bins === undefined)) return levelOf(this.#grid.map(() => NOTHING_KNOWN));
    const sum = (of: 'n' | 'wrong', at: number): number =>
      Math.max(
        0,
        parts.reduce((total, [bins, sign]) => total + sign * (bins?.[of][at] ?? 0), 0),
      );
    return levelOf(this.#grid.map((_, at): Evidence => ({ n: sum('n', at), wrong: sum('wrong', at) })));
  }
}

/** `fair`: of the scope, without feedback. */
function namesOf({ tenant, namespace, model }: Place) {
  return {
    own: JSON.stringify(['own', tenant, namespace, model]),
    fair: JSON.stringify(['fair', tenant, namespace, model]),
    namespace: JSON.stringify(['namespace', tenant, namespace]),
    model: JSON.stringify(['model', model]),
    all: 'all',
  };
}
