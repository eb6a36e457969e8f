/**
 * Events of others that were acted on, by their ids. Whoever sends them does so until one is acknowledged, so each may come
 * several times: it is looked up before it is acted on and added after, so that what a crash cut short is done again.
 */
export interface DeliveredEvents {
  /** Of each id, whether it was added in the last week. */
  seen(ids: readonly string[]): Promise<boolean[]>;
  add(ids: readonly string[]): Promise<void>;
}

/** Longer than anybody goes on sending one event. */
export const EVENT_KEPT_MS = 604_800_000;
