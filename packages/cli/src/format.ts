const WHOLE = new Intl.NumberFormat('en-US');

export const whole = (count: number): string => WHOLE.format(count);

/** `counted(1, 'entry', 'entries')`: `1 entry`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

/** In percent, without the sign: for intervals. */
export const points = (share: number): string => (100 * share).toFixed(1);

export function percent(share: number | null, digits = 1): string {
  return share === null ? '-' : `${(100 * share).toFixed(digits)} %`;
}

export function milliseconds(ms: number | null): string {
  if (ms === null) return '-';
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

export function usd(amount: number): string {
  return `$${amount.toFixed(amount === 0 || amount >= 1 ? 2 : 6)}`;
}

export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10));
  return `${(count / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

/** The largest unit alone: `45 s`, `12 min`, `3 h`, `9 d`. */
export function span(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
