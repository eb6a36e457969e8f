import { Exposition, type MetricSource } from './exposition.ts';
import { gaugesOf, type MetricSources } from './gauges.ts';
import type { Metrics } from './metrics.ts';
import { IncidentTally } from './tallies.ts';

export interface ServiceMetricsOptions {
  /** What the house's gauges say. */
  readonly gauges?: MetricSources | undefined;
  /** The service's own. */
  readonly sources?: readonly MetricSource[] | undefined;
  /** Figures of the process: memory, CPU, event loop, garbage collection. Default true. */
  readonly process?: boolean | undefined;
}

/** Prometheus, for a process that answers no requests of clients: hears incidents as an Observer, and no decisions. */
export function createServiceMetrics({ gauges = {}, sources = [], ...options }: ServiceMetricsOptions = {}): Metrics {
  const exposition = new Exposition(options.process !== false);
  const incidents = new IncidentTally();
  for (const source of [...gaugesOf(gauges), ...sources, incidents]) exposition.expose(source);
  return {
    scrape: (accept) => exposition.scrape(accept),
    render: async () => (await exposition.scrape()).text,
    watch: (more) => {
      for (const source of gaugesOf(more)) exposition.expose(source);
    },
    record() {},
    incident: (name) => incidents.add(name),
  };
}
