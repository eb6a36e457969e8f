import type { Decision, Figures, StatsEvent, StatusEvent } from '@nearhit/http/admin-types';
import type { ServerEvent } from '../../lib/sse.ts';

/** What is known of a moment: that many seconds up to it. */
export interface Tick {
  readonly atMs: number;
  readonly seconds: number;
  readonly figures: Figures;
}

/** What the stream of events has told so far. */
export interface LiveState {
  readonly stats: StatsEvent | undefined;
  readonly status: StatusEvent | undefined;
  /** Newest first. */
  readonly decisions: readonly Decision[];
  /** Oldest first: five minutes of them. */
  readonly ticks: readonly Tick[];
}

export const NOTHING_YET: LiveState = { stats: undefined, status: undefined, decisions: [], ticks: [] };

/** However much happens, no more than this is held and drawn. */
export const DECISIONS_MAX = 12;
export const TICKS_MAX = 300;

/** The state after some more events. What is no event of ours changes nothing. */
export function afterEvents(state: LiveState, events: readonly ServerEvent[]): LiveState {
  const next = { ...state, decisions: newDecisions(events), ticks: [...state.ticks] };
  for (const event of events) {
    if (event.event === 'status') next.status = JSON.parse(event.data) as StatusEvent;
    if (event.event !== 'stats') continue;
    const stats = JSON.parse(event.data) as StatsEvent;
    next.stats = stats;
    if (stats.recent !== null) next.ticks.push(tickOf(stats.atMs, stats.recent));
  }
  return { ...withOlder(next, state.decisions), ticks: next.ticks.slice(-TICKS_MAX) };
}

/** The state with decisions behind those that it has, newest first. */
export function withOlder(state: LiveState, older: readonly Decision[]): LiveState {
  const seen = new Set(state.decisions.map(keyOf));
  const behind = older.filter((one) => !seen.has(keyOf(one)));
  return { ...state, decisions: [...state.decisions, ...behind].slice(0, DECISIONS_MAX) };
}

const tickOf = (atMs: number, { seconds, ...figures }: NonNullable<StatsEvent['recent']>): Tick => ({
  atMs,
  seconds,
  figures,
});

export const keyOf = ({ id, requestId }: Decision): string => id ?? requestId;

/** Only those that will be seen are read: at a thousand a second that is one in many. */
function newDecisions(events: readonly ServerEvent[]): Decision[] {
  return events
    .filter(({ event }) => event === 'decision')
    .slice(-DECISIONS_MAX)
    .map(({ data }) => JSON.parse(data) as Decision)
    .reverse();
}
