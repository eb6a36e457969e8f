import type { DecisionRecord } from '@nearhit/core';
import type { StatsReader } from '../ports.ts';

/** Read at a time. When more came since the reading before, the oldest of them are left out. */
const READ_MAX = 100;
const RESUME_PAGE = 250;
/** Sent to one who comes back; of more, the newest. */
const RESUMED_MAX = 1000;
/** Of several processes, decisions are in order to within this. */
const DISORDER_MS = 10_000;

/** Where a listener stands: it has seen this decision. */
export interface EventPosition {
  readonly atMs: number;
  readonly id: string;
}

const idOf = ({ id, requestId }: DecisionRecord): string => id ?? requestId;

export const positionOf = (decision: DecisionRecord): EventPosition => ({ atMs: decision.atMs, id: idOf(decision) });

export const positionText = ({ atMs, id }: EventPosition): string => `${Math.floor(atMs)}-${id}`;

/** Undefined: none of ours. */
export function readPosition(text: unknown): EventPosition | undefined {
  const [, atMs, id] = (typeof text === 'string' && /^(\d{1,15})-([\x21-\x7e]{0,256})$/.exec(text)) || [];
  return atMs === undefined || id === undefined ? undefined : { atMs: Number(atMs), id };
}

export interface Fresh {
  /** Oldest first. */
  readonly decisions: readonly DecisionRecord[];
  /** There were more than could be read. */
  readonly overrun: boolean;
}

/** What was decided since the reading before. Every process's decisions, where several share them. */
export class DecisionTail {
  readonly #stats: Pick<StatsReader, 'decisions'>;
  /** Of the last reading. */
  #seen: ReadonlySet<string> = new Set();
  #newestAtMs = 0;

  constructor(stats: Pick<StatsReader, 'decisions'>) {
    this.#stats = stats;
  }

  /** From here on. Answers where that is; undefined where nothing was decided yet. */
  async begin(): Promise<EventPosition | undefined> {
    this.#seen = new Set();
    this.#newestAtMs = 0;
    const { decisions } = await this.poll();
    const newest = decisions.at(-1);
    return newest && positionOf(newest);
  }

  async poll(): Promise<Fresh> {
    const { decisions } = await this.#stats.decisions({}, { limit: READ_MAX });
    const seen = this.#seen;
    // While a shared log is away a process reads its own, which begins elsewhere.
    const sinceMs = this.#newestAtMs - DISORDER_MS;
    const fresh = decisions.filter((one) => !seen.has(idOf(one)) && one.atMs >= sinceMs).reverse();
    this.#seen = new Set(decisions.map(idOf));
    this.#newestAtMs = Math.max(this.#newestAtMs, ...fresh.map(({ atMs }) => atMs));
    return { decisions: fresh, overrun: seen.size > 0 && fresh.length === READ_MAX };
  }
}

/** What was decided after a position, oldest first; `cut`: there was more, or the position itself is no longer kept. */
export async function missedSince(stats: Pick<StatsReader, 'decisions'>, position: EventPosition) {
  const missed: DecisionRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await stats.decisions({}, { cursor, limit: RESUME_PAGE });
    for (const decision of page.decisions) {
      if (idOf(decision) === position.id) return { decisions: missed.reverse(), cut: false };
      if (decision.atMs < position.atMs - DISORDER_MS) return { decisions: missed.reverse(), cut: position.id !== '' };
      if (decision.atMs < position.atMs) continue;
      if (missed.length === RESUMED_MAX) return { decisions: missed.reverse(), cut: true };
      missed.push(decision);
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return { decisions: missed.reverse(), cut: position.id !== '' };
}
