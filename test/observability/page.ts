import type { Metrics } from './scrape.ts';

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_seconds$/, 'seconds'],
  [/_bytes$/, 'bytes'],
  [/_usd_total$/, 'USD'],
  [/_ratio$|_error_b\w+$/, 'share, 0 to 1'],
];

export interface Row {
  readonly name: string;
  readonly type: string;
  readonly labels: string;
  readonly unit: string;
  readonly meaning: string;
  readonly from: string;
}

const SERVICES = ['ingress', 'embedding', 'cache', 'worker'];

/** What docs/metrics.md should say of our own metrics, by name. */
export function rowsOf(metrics: Metrics): Row[] {
  const own = [...metrics].filter(([name]) => name.startsWith('nearhit_'));
  const rows = own.map(([name, { type, help, labels, services }]) => ({
    ...{ name, type, meaning: help },
    labels: [...labels.keys()]
      .filter((label) => label !== 'le')
      .map((label) => `\`${label}\``)
      .join(', '),
    unit: UNITS.find(([pattern]) => pattern.test(name))?.[1] ?? '',
    from: services.size === SERVICES.length ? 'all' : SERVICES.filter((one) => services.has(one)).join(', '),
  }));
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const lineOf = ({ name, type, labels, unit, meaning, from }: Row): string =>
  `| \`${name}\` | ${type} | ${labels} | ${unit} | ${meaning} | ${from} |`;

/** The lines of the page's table that speak of a metric, by name. */
export const linesOf = (page: string): string[] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| `nearhit_'))
    .sort();
