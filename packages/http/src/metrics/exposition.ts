import type { Metric, Registry } from 'prom-client';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of the histogram's parts; otherwise the metric's own. */
  readonly metricName?: string | undefined;
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

/** Throws an Error on a name that is taken. */
export function expose(registry: Registry, { name, help, kind, read }: MetricSource): void {
  const get = async () => ({ name, help, type: kind, aggregator: 'sum', values: await samplesOf(read) });
  // What a registry asks of a metric; its own kinds would hash the labels of every single count.
  registry.registerMetric({ name, get } as unknown as Metric<string>);
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
