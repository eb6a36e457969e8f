import { collectDefaultMetrics, type Metric, type OpenMetricsContentType, Registry } from 'prom-client';
import { prefersOpenMetrics } from './accept.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of the histogram's parts; otherwise the metric's own. */
  readonly metricName?: string | undefined;
  /** One that was counted here; shown to scrapers that read OpenMetrics. */
  readonly exemplar?: Exemplar | undefined;
}

/** As OpenMetrics has it: the names and values of the labels are 128 characters at most. `timestamp`: seconds. */
export interface Exemplar {
  readonly labelSet: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestamp: number;
}

/** One figure, or one for each set of labels. */
export type Reading = number | readonly Sample[];

/** Read at each scrape, so that counting costs what the counter itself costs. One that fails is left out of that scrape. */
export interface MetricSource {
  /** Prometheus' habits: `nearhit_jobs_done_total`, unit last. */
  readonly name: string;
  readonly help: string;
  readonly kind: 'gauge' | 'counter' | 'histogram';
  readonly read: () => Reading | Promise<Reading>;
}

/** What a scraper gets. */
export interface Scrape {
  readonly contentType: string;
  readonly text: string;
}

/** All metrics of a process, in both formats that Prometheus reads. */
export class Exposition {
  readonly #plain = new Registry();
  readonly #open = openRegistry();

  /** `process`: with figures of the process itself: memory, CPU, event loop, garbage collection. */
  constructor(process: boolean) {
    if (!process) return;
    collectDefaultMetrics({ register: this.#plain });
    for (const metric of this.#plain.getMetricsAsArray())
      this.#open.registerMetric(viewOf(metric as unknown as Readable));
  }

  /** Throws an Error on a name that is taken. */
  expose({ name, help, kind, read }: MetricSource): void {
    // What a registry asks of a metric; its own kinds would hash the labels of every single count.
    const get = async () => ({ name, help, type: kind, aggregator: 'sum', values: await samplesOf(read) });
    const metric: Readable = { name, type: kind, get };
    this.#plain.registerMetric(metric as unknown as Metric<string>);
    this.#open.registerMetric(viewOf(metric));
  }

  /** `accept`: the scraper's header. */
  async scrape(accept?: string): Promise<Scrape> {
    const registry = prefersOpenMetrics(accept) ? this.#open : this.#plain;
    return { contentType: registry.contentType, text: await registry.metrics() };
  }
}

function openRegistry(): Registry<OpenMetricsContentType> {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

interface Readable {
  readonly name: string;
  readonly type: string;
  get(): Promise<object>;
  getForPromString?(): Promise<object>;
}

/** The same under a name of its own: a registry of OpenMetrics takes `_total` away from the counters that it holds. */
function viewOf(metric: Readable): Metric<string> {
  const view = {
    name: metric.name,
    type: metric.type,
    get: async () => ({ ...(await (metric.getForPromString?.() ?? metric.get())), name: view.name }),
  };
  return view as unknown as Metric<string>;
}

/** `labelled('state', { waiting: 3, dead: 0 })` */
export function labelled(label: string, values: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

async function samplesOf(read: MetricSource['read']): Promise<readonly Sample[]> {
  try {
    const reading = await read();
    return typeof reading === 'number' ? [{ labels: {}, value: reading }] : reading;
  } catch {
    return [];
  }
}
