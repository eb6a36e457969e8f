import type { GatewayClient } from '../support/client.ts';

export interface Metric {
  readonly type: string;
  readonly help: string;
  /** Label name to the values seen. */
  readonly labels: Map<string, Set<string>>;
  readonly services: Set<string>;
}

export type Metrics = Map<string, Metric>;

const PART = /_(?:bucket|sum|count)$/;
const SAMPLE = /^([a-z_0-9]+)(?:\{(.*)\})? \S+/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Reads Prometheus' text format into what is known already. */
export function readScrape(text: string, service: string, into: Metrics): void {
  let help = '';
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') help = rest;
    if (kind === 'TYPE') {
      const metric = into.get(name) ?? { type: rest, help, labels: new Map(), services: new Set() };
      metric.services.add(service);
      into.set(name, metric);
    }
    const [, sample = '', labels = ''] = SAMPLE.exec(line) ?? [];
    const metric = into.get(sample) ?? into.get(sample.replace(PART, ''));
    for (const [, label = '', value = ''] of labels.matchAll(LABEL)) {
      const values = metric?.labels.get(label) ?? new Set<string>();
      metric?.labels.set(label, values.add(value));
    }
  }
}

/** What /metrics of a process says, beside what is known already. */
export async function scrapeInto(
  metrics: Metrics,
  client: Pick<GatewayClient, 'send'>,
  service: string,
): Promise<void> {
  const { status, text } = await client.send('GET', '/metrics');
  if (status !== 200) throw new Error(`/metrics of ${service}: ${status}`);
  readScrape(text, service, metrics);
}

export interface NamedInExpression {
  readonly metrics: {
    readonly name: string;
    readonly matchers: { label: string; operator: string; value: string }[];
  }[];
  /** Of `by (...)`. */
  readonly groupedBy: string[];
}

const SELECTOR = /\b((?:nearhit|process|nodejs)_[a-z0-9_]+)\s*(?:\{([^}]*)\})?/g;
const MATCHER = /([a-zA-Z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g;

/** What a PromQL expression names. Series of recording rules have a colon in their names, and are left out. */
export function namedIn(expression: string): NamedInExpression {
  const metrics = [...expression.matchAll(SELECTOR)].map(([, name = '', inside = '']) => ({
    name: name.replace(PART, ''),
    matchers: [...inside.matchAll(MATCHER)].map(([, label = '', operator = '', value = '']) => ({
      label,
      operator,
      value,
    })),
  }));
  const groupedBy = [...expression.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  );
  return { metrics, groupedBy };
}

/** Every name, label and value of an expression that no scrape has shown; empty when it speaks of what there is. */
export function unknownIn(expression: string, served: Metrics): string[] {
  const { metrics, groupedBy } = namedIn(expression);
  const unknown: string[] = [];
  const known = new Set(GIVEN);
  for (const { name, matchers } of metrics) {
    const metric = served.get(name);
    if (metric === undefined) unknown.push(name);
    for (const label of metric?.labels.keys() ?? []) known.add(label);
    for (const { label, operator, value } of matchers) {
      if (GIVEN.includes(label) || value.startsWith('$')) continue;
      const seen = metric?.labels.get(label);
      if (seen === undefined) unknown.push(`${name}{${label}}`);
      const isOne = (one: string) => (operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(one) : one === value);
      if (seen !== undefined && ![...seen].some(isOne)) unknown.push(`${name}{${label}${operator}${value}}`);
    }
  }
  for (const label of groupedBy) if (!known.has(label)) unknown.push(`by (${label})`);
  return unknown;
}

/** What Prometheus adds itself, and the bound of a bucket. */
const GIVEN = ['instance', 'job', 'le'];
