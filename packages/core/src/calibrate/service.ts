import { scopeKeyOf } from '../evidence/pair.ts';
import type { Scope } from '../ids.ts';
import type { Policy } from '../policy/schema.ts';
import type { Observer } from '../ports/observer.ts';
import type { LabelledSample, SampleStore } from '../ports/sample-store.ts';
import { type CalibrationInForce, Calibrator } from './calibrator.ts';
import { KeptSamples } from './kept-samples.ts';
import type { CalibrationPrior } from './prior.ts';
import { UNKNOWN_COSINE } from './prior.ts';

type Place = Readonly<Record<keyof Scope, string>>;

export interface CalibrationOptions {
  readonly store: SampleStore;
  /** Shipped with whatever makes the scores. Default: cosine, of which nothing is known. */
  readonly prior?: CalibrationPrior | undefined;
  /** Hears `error-budget-exceeded` when new labels say that the bar in force does not keep the budget. */
  readonly observer?: Pick<Observer, 'incident'> | undefined;
}

interface Remembered {
  readonly scope: Place;
  readonly version: number;
  readonly found: CalibrationInForce;
}

const PAGE = 1000;
const REMEMBERED_MAX = 10_000;

/**
 * Where the bar lies for a scope and a budget, from the shipped prior and the labelled samples of all processes. Kept
 * current by whoever follows the log (`refresh`); a bar is found anew when there are new labels, and once.
 */
export class Calibration {
  readonly #store: SampleStore;
  readonly #observer: Pick<Observer, 'incident'> | undefined;
  readonly #prior: CalibrationPrior;
  #calibrator: Calibrator;
  #kept = new KeptSamples();
  #afterSeq = 0;
  #version = 0;
  readonly #remembered = new Map<string, Remembered>();
  #last: Promise<unknown> = Promise.resolve();

  /** Throws TypeError on a prior that no bar could be found with. */
  constructor({ store, prior = UNKNOWN_COSINE, observer }: CalibrationOptions) {
    this.#store = store;
    this.#observer = observer;
    this.#prior = prior;
    this.#calibrator = new Calibrator(prior);
  }

  /** Whose scores are calibrated: `cosine`, or the verifier's version. */
  get scorer(): string {
    return this.#prior.scorer;
  }

  get prior(): CalibrationPrior {
    return this.#prior;
  }

  /** All anew from the store. */
  load(): Promise<void> {
    return this.#inTurn(async () => {
      const calibrator = new Calibrator(this.#prior);
      const kept = new KeptSamples();
      const { seq } = await this.#readFrom(0, (sample) => kept.add(sample, calibrator));
      this.#calibrator = calibrator;
      this.#kept = kept;
      this.#afterSeq = seq;
      this.#version += 1;
    });
  }

  /** Takes in what is new. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      const touched = new Map<string, Place>();
      const { seq, count } = await this.#readFrom(this.#afterSeq, (sample) => {
        touched.set(scopeKeyOf(sample), sample);
        this.#kept.add(sample, this.#calibrator);
      });
      this.#afterSeq = seq;
      if (count === 0) return;
      this.#version += 1;
      // At once, and not with the next request: an alert must not wait for one.
      for (const { scope, found } of [...this.#remembered.values()])
        if (touched.has(scopeKeyOf(scope))) this.calibrationFor(scope, found);
    });
  }

  /** Durable, and counted in this process, when it resolves. */
  async append(samples: readonly LabelledSample[]): Promise<void> {
    await this.#store.append(samples);
    await this.refresh();
  }

  /** Undefined where the policy sets no budget: then its threshold decides. Constant time but after new labels. */
  calibrationFor(scope: Place, { maxErrorRate }: Pick<Policy, 'maxErrorRate'>): CalibrationInForce | undefined {
    if (maxErrorRate === undefined) return undefined;
    const key = `${maxErrorRate} ${scopeKeyOf(scope)}`;
    const known = this.#remembered.get(key);
    if (known?.version === this.#version) return known.found;
    const found = this.#calibrator.find(scope, maxErrorRate);
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
    const { tenant, namespace, model } = scope;
    this.#remembered.set(key, { scope: { tenant, namespace, model }, version: this.#version, found });
    if (known !== undefined) this.#watch(scope, known.found, found);
    return found;
  }

  /** Of a budget that nobody has set: it is not watched, and not told of as being in force. */
  wouldBe(scope: Scope, maxErrorRate: number): CalibrationInForce {
    return this.#calibrator.find(scope, maxErrorRate);
  }

  /** Kept samples, oldest first within their scope. */
  *samples(filter: Partial<Place> = {}): Generator<LabelledSample> {
    for (const some of this.#kept.scopes()) {
      const [first] = some;
      if (first !== undefined && matches(first, filter)) yield* some;
    }
  }

  /** What is in force where it was asked for lately. */
  *inForce(): Generator<{ readonly scope: Place; readonly found: CalibrationInForce }> {
    for (const { scope, found } of [...this.#remembered.values()]) {
      const now = this.calibrationFor(scope, found);
      if (now !== undefined) yield { scope, found: now };
    }
  }

  /** Of what is lent too: a scope's own samples may say nothing, and those of others much. */
  #watch({ tenant, namespace, model }: Place, before: CalibrationInForce, now: CalibrationInForce): void {
    if (before.bar === undefined || now.bar === before.bar) return;
    const bound95 = this.#calibrator.boundAt({ tenant, namespace, model }, before.bar);
    if (bound95 <= now.maxErrorRate) return;
    const bars = { barBefore: before.bar, bar: now.bar ?? null };
    this.#observer?.incident('error-budget-exceeded', {
      ...{ tenant, namespace, model, maxErrorRate: now.maxErrorRate, bound95, ...bars },
    });
  }

  async #readFrom(afterSeq: number, take: (sample: LabelledSample) => void): Promise<{ seq: number; count: number }> {
    let seq = afterSeq;
    let count = 0;
    for (;;) {
      const placed = await this.#store.read(seq, PAGE);
      for (const { sample } of placed) take(sample);
      seq = placed.at(-1)?.seq ?? seq;
      count += placed.length;
      if (placed.length < PAGE) return { seq, count };
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

export function matches(place: Place, { tenant, namespace, model }: Partial<Place>): boolean {
  return (
    (tenant === undefined || place.tenant === tenant) &&
    (namespace === undefined || place.namespace === namespace) &&
    (model === undefined || place.model === model)
  );
}
