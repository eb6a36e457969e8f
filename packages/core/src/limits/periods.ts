const DAY_MS = 86_400_000;

/** Calendar periods, UTC, as numbers that grow: days since 1970, months since the year 0. */
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);

export function monthOf(ms: number): number {
  const date = new Date(ms);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

export const msToNextDay = (ms: number): number => (dayOf(ms) + 1) * DAY_MS - ms;

export function msToNextMonth(ms: number): number {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) - ms;
}
