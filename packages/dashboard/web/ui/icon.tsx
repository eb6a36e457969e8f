import type { Page } from '../lib/router.ts';

/** Strokes on a field of 24 by 24. */
const PATHS: Readonly<Record<Page | 'menu', string>> = {
  live: 'M3 12h4l3-8 4 16 3-8h4',
  thresholds: 'M4 6h10M18 6h2M4 12h4M12 12h8M4 18h12M20 18h0M16 4v4M10 10v4M18 16v4',
  inspector: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16.2 16.2 21 21',
  entries:
    'M4 6c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3Zm0 0v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  keys: 'M15 3a6 6 0 1 0-3.9 10.6L4 20.7V21h4v-3h3v-3l1.5-1.5A6 6 0 0 0 15 3ZM16.5 7.5h0',
  usage: 'M4 20V10M10 20V4M16 20v-8M21 20H3',
  playground: 'M4 5h16v11H9l-5 4V5ZM8 9h8M8 12h5',
  providers: 'M5 4h14v6H5V4Zm0 10h14v6H5v-6ZM8.5 7h0M8.5 17h0',
  menu: 'M4 7h16M4 12h16M4 17h16',
};

export function Icon({ name }: { readonly name: Page | 'menu' }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width="17"
      height="17"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#0f766e" />
      <circle cx="16" cy="16" r="9" fill="none" stroke="#fff" stroke-opacity=".45" stroke-width="2.5" />
      <circle cx="19" cy="14" r="3.5" fill="#fff" />
    </svg>
  );
}
