import type { Sample } from './exposition.ts';

type Labels = Readonly<Record<string, string>>;

interface Count {
  readonly labels: Labels;
  value: number;
}

/** A counter by labels. The caller joins their values into a key, so that counting makes no object. */
export class CounterTally {
  readonly #counts = new Map<string, Count>();

  /** `labels`: called for a key that is new. Counts no amount that would not keep it rising. */
  add(key: string, labels: () => Labels, amount = 1): void {
    if (!(amount >= 0 && amount < Number.POSITIVE_INFINITY)) return;
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { labels: labels(), value: amount });
    else count.value += amount;
  }

  samples(): Sample[] {
    return [...this.#counts.values()].map(({ labels, value }) => ({ labels, value }));
  }
}

interface Distribution {
  /** Per bucket, not cumulated; the last one is for what exceeds every bound. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** A histogram by one label. `bounds` rise. */
export class HistogramTally {
  readonly #name: string;
  readonly #label: string;
  readonly #bounds: readonly number[];
  readonly #byValue = new Map<string, Distribution>();

  constructor(name: string, label: string, bounds: readonly number[]) {
    this.#name = name;
    this.#label = label;
    this.#bounds = bounds;
  }

  observe(labelValue: string, value: number): void {
    if (!Number.isFinite(value)) return;
    let distribution = this.#byValue.get(labelValue);
    if (distribution === undefined) {
      distribution = { counts: new Array<number>(this.#bounds.length + 1).fill(0), sum: 0, count: 0 };
      this.#byValue.set(labelValue, distribution);
    }
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket += 1;
    distribution.counts[bucket] = (distribution.counts[bucket] as number) + 1;
    distribution.sum += value;
    distribution.count += 1;
  }

  samples(): Sample[] {
    return [...this.#byValue].flatMap(([labelValue, distribution]) => this.#samplesOf(labelValue, distribution));
  }

  #samplesOf(labelValue: string, { counts, sum, count }: Distribution): Sample[] {
    const labels = { [this.#label]: labelValue };
    let below = 0;
    const buckets = counts.map((inBucket, at) => {
      below += inBucket;
      const le = at < this.#bounds.length ? String(this.#bounds[at]) : '+Inf';
      return { metricName: `${this.#name}_bucket`, labels: { le, ...labels }, value: below };
    });
    return [
      ...buckets,
      { metricName: `${this.#name}_sum`, labels, value: sum },
      { metricName: `${this.#name}_count`, labels, value: count },
    ];
  }
}

const NAMES_MAX = 64;

/** Label values out of a set that cannot grow without end. */
export function bounded(): (name: string) => string {
  const seen = new Set<string>();
  return (name) => {
    if (seen.has(name)) return name;
    if (seen.size >= NAMES_MAX) return 'other';
    seen.add(name);
    return name;
  };
}

/** Failures that were survived, by name. */
export class IncidentTally {
  readonly name = 'nearhit_incidents_total';
  readonly help = 'Failures that were survived, by name.';
  readonly kind = 'counter';
  readonly #counts = new CounterTally();
  readonly #label = bounded();

  add(incident: string): void {
    const name = this.#label(incident);
    this.#counts.add(name, () => ({ name }));
  }

  readonly read = (): Sample[] => this.#counts.samples();
}
