import { locale } from './i18n.ts';

const made = new Map<string, Intl.NumberFormat>();

function format(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale() + JSON.stringify(options);
  const known = made.get(key);
  if (known !== undefined) return known;
  const fresh = new Intl.NumberFormat(locale(), options);
  made.set(key, fresh);
  return fresh;
}

type Figure = number | null | undefined;
/** Of what is not known. */
export const NOTHING = '–';
const known = (value: Figure, say: (value: number) => string): string =>
  value === null || value === undefined || Number.isNaN(value) ? NOTHING : say(value);

/** 12,345; from 100,000 on 123K. */
export const count = (value: Figure): string =>
  known(value, (n) =>
    format(
      Math.abs(n) >= 100_000 ? { notation: 'compact', maximumFractionDigits: 1 } : { maximumFractionDigits: 0 },
    ).format(n),
  );

export const decimal = (value: Figure, digits = 2): string =>
  known(value, (n) => format({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(n));

/** A share 0..1 as 12.3 %; of what lies below a tenth of a percent, two more digits. */
export const percent = (value: Figure, digits = 1): string =>
  known(value, (n) =>
    format({ style: 'percent', maximumFractionDigits: n > 0 && n < 0.001 ? digits + 2 : digits }).format(n),
  );

/** Enough digits that what was spent is not 0: $0.0004, $0.52, $1,234. */
export const usd = (value: Figure): string =>
  known(value, (n) => {
    const size = Math.abs(n);
    const digits = size === 0 ? 2 : size < 0.01 ? 5 : size < 1 ? 4 : size < 1000 ? 2 : 0;
    return format({
      style: 'currency',
      currency: 'USD',
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: Math.min(2, digits),
      maximumFractionDigits: digits,
    }).format(n);
  });

/** 0.4 ms, 12 ms, 1.25 s. */
export const duration = (ms: Figure): string =>
  known(ms, (n) => {
    if (n >= 1000) return `${format({ maximumFractionDigits: n >= 10_000 ? 1 : 2 }).format(n / 1000)} s`;
    return `${format({ maximumFractionDigits: n < 10 ? 1 : 0 }).format(n)} ms`;
  });

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
export const bytes = (value: Figure): string =>
  known(value, (n) => {
    const power = n < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(n) / 3));
    return `${format({ maximumFractionDigits: power === 0 ? 0 : 1 }).format(n / 1000 ** power)} ${UNITS[power]}`;
  });

const times = new Map<string, Intl.DateTimeFormat>();
function moment(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale() + JSON.stringify(options);
  const fresh = times.get(key) ?? new Intl.DateTimeFormat(locale(), options);
  times.set(key, fresh);
  return fresh;
}

/** In the viewer's zone: today the time alone, else with the day. */
export function time(ms: number, nowMs: number = Date.now()): string {
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
  const sameDay = new Date(ms).toDateString() === new Date(nowMs).toDateString();
  return moment(sameDay ? clock : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(ms);
}

export const dateTime = (ms: number): string => moment({ dateStyle: 'medium', timeStyle: 'medium' }).format(ms);

const STEPS = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
] as const;

/** How long ago, or from now: `3 minutes ago`. */
export function relative(ms: number, nowMs: number = Date.now()): string {
  const away = ms - nowMs;
  const [step, unit] = STEPS.find(([size]) => Math.abs(away) >= size) ?? STEPS[3];
  return new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' }).format(Math.round(away / step), unit);
}

export const axisTime = (seconds: number, spanSeconds: number): string => {
  const day = { day: 'numeric', month: 'numeric' } as const;
  const clock = { hour: '2-digit', minute: '2-digit' } as const;
  if (spanSeconds > 3 * 86_400) return moment(day).format(seconds * 1000);
  return moment(spanSeconds <= 600 ? { ...clock, second: '2-digit' } : clock).format(seconds * 1000);
};
