import { expect, test } from '@jest/globals';
import { deliveredEventsConformance } from '../conformance/delivered-events.conformance.ts';
import { EVENT_KEPT_MS } from '../ports/delivered-events.ts';
import { createMemoryDeliveredEvents } from './memory-delivered-events.ts';

deliveredEventsConformance('memory', async () => ({
  events: createMemoryDeliveredEvents(),
  close: async () => undefined,
}));

test('what is older than a week, or one too many, is forgotten', async () => {
  let nowMs = 1000;
  const events = createMemoryDeliveredEvents({ now: () => nowMs, max: 2 });
  await events.add(['a', 'b', 'c']);
  expect(await events.seen(['a', 'b', 'c'])).toEqual([false, true, true]);
  nowMs += EVENT_KEPT_MS - 1;
  await events.add(['b']);
  nowMs += 1;
  expect(await events.seen(['b', 'c'])).toEqual([true, false]);
});
