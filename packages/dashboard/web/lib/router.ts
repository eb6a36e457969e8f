import { computed, signal } from '@preact/signals';

export const PAGES = [
  'live',
  'thresholds',
  'inspector',
  'entries',
  'keys',
  'usage',
  'playground',
  'providers',
] as const;
export type Page = (typeof PAGES)[number];

export interface Route {
  readonly page: Page;
  readonly query: Readonly<Record<string, string>>;
}

/** `#/live?window=1h` and its like; what it does not know is the first page. */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const page = PAGES.find((name) => name === path) ?? 'live';
  return { page, query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The address of a page. Undefined and empty values are left out. */
export function hashOf(page: Page, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => (pair[1] ?? '') !== '');
  return `#/${page}${given.length === 0 ? '' : `?${new URLSearchParams(given)}`}`;
}

const hash = signal(typeof location === 'undefined' ? '' : location.hash);
export const route = computed(() => parseRoute(hash.value));

export function startRouter(): void {
  addEventListener('hashchange', () => {
    hash.value = location.hash;
  });
}

/** Changes some of the page's parameters, without a step in the browser's history. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const { page, query } = route.value;
  history.replaceState(null, '', hashOf(page, { ...query, ...changes }));
  hash.value = location.hash;
}
