import type { Exemplar, Sample } from './exposition.ts';

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

/** Who was counted, for those who look at a figure and want to see one of them. */
export interface Counted {
  readonly requestId: string;
  /** W3C trace context. */
  readonly traceparent?: string | undefined;
  /** Its own, where requests are traced. */
  readonly span?: string | undefined;
  readonly atMs: number;
}

/** OpenMetrics allows 128 characters for names and values together; a trace id has 32. */
const REQUEST_ID_CHARS_MAX = 64;

interface Distribution {
  /** Per bucket, not cumulated; the last one is for what exceeds every bound. */
  readonly counts: number[];
  /** The last one of each bucket, and its value. */
  readonly last: ((Counted & { readonly value: number }) | undefined)[];
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

  /** `who`: told of until the next one of its bucket. */
  observe(labelValue: string, value: number, who?: Counted): void {
    if (!Number.isFinite(value)) return;
    let distribution = this.#byValue.get(labelValue);
    if (distribution === undefined) {
      const counts = new Array<number>(this.#bounds.length + 1).fill(0);
      distribution = { counts, last: counts.map(() => undefined), sum: 0, count: 0 };
      this.#byValue.set(labelValue, distribution);
    }
    let bucket = 0;
    while (bucket < this.#bounds.length && value > (this.#bounds[bucket] as number)) bucket += 1;
    distribution.counts[bucket] = (distribution.counts[bucket] as number) + 1;
    // A record of its own: theirs are large, and would be kept for as long as nobody else comes by.
    if (who !== undefined) {
      const { requestId, traceparent, span = traceparent, atMs } = who;
      distribution.last[bucket] = { requestId, span, atMs, value };
    }
    distribution.sum += value;
    distribution.count += 1;
  }

  samples(): Sample[] {
    return [...this.#byValue].flatMap(([labelValue, distribution]) => this.#samplesOf(labelValue, distribution));
  }

  #samplesOf(labelValue: string, { counts, last, sum, count }: Distribution): Sample[] {
    const labels = { [this.#label]: labelValue };
    let below = 0;
    const buckets = counts.map((inBucket, at) => {
      below += inBucket;
      const le = at < this.#bounds.length ? String(this.#bounds[at]) : '+Inf';
      return {
        metricName: `${this.#name}_bucket`,
        labels: { le, ...labels },
        value: below,
        exemplar: exemplarOf(last[at]),
      };
    });
    return [
      ...buckets,
      { metricName: `${this.#name}_sum`, labels, value: sum },
      { metricName: `${this.#name}_count`, labels, value: count },
    ];
  }
}

function exemplarOf(last: Distribution['last'][number]): Exemplar | undefined {
  if (last === undefined) return undefined;
  const { requestId, span, atMs, value } = last;
  const traceId = span === undefined ? undefined : TRACE_ID.exec(span)?.[1];
  const labelSet = {
    request_id: requestId.slice(0, REQUEST_ID_CHARS_MAX),
    ...(traceId !== undefined && { trace_id: traceId }),
  };
  return { labelSet, value, timestamp: atMs / 1000 };
}

const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/;

const NAMES_MAX = 64;

/** Label values out of a set that cannot grow without end: those known, and the first ones beside them. */
export function bounded(namesMax = NAMES_MAX, known: readonly string[] = []): (name: string) => string {
  const seen = new Set(known);
  const sizeMax = seen.size + namesMax;
  return (name) => {
    if (seen.has(name)) return name;
    if (seen.size >= sizeMax) return 'other';
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
