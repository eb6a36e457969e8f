import { type DeliveredEvents, EVENT_KEPT_MS } from '../ports/delivered-events.ts';

const MAX = 100_000;

/** In this process alone. Beyond a week, and beyond 100,000, the oldest are forgotten: such an event would be acted on again. */
export function createMemoryDeliveredEvents({
  now = Date.now,
  max = MAX,
}: {
  readonly now?: (() => number) | undefined;
  readonly max?: number | undefined;
} = {}): DeliveredEvents {
  /** Id -> when it was added; oldest first. */
  const known = new Map<string, number>();
  const isKnown = (id: string): boolean => {
    const addedMs = known.get(id);
    return addedMs !== undefined && now() - addedMs < EVENT_KEPT_MS;
  };
  return {
    async seen(ids) {
      return ids.map(isKnown);
    },
    async add(ids) {
      for (const id of ids) {
        known.delete(id);
        known.set(id, now());
      }
      for (const id of known.keys()) {
        if (known.size <= max && isKnown(id)) break;
        known.delete(id);
      }
    },
  };
}
