import { afterEach, describe, expect, test } from '@jest/globals';
import type { DeliveredEvents } from '../ports/delivered-events.ts';

export interface OpenedDeliveredEvents {
  readonly events: DeliveredEvents;
  close(): Promise<void>;
}

/** `open`: an empty one each time. */
export function deliveredEventsConformance(name: string, open: () => Promise<OpenedDeliveredEvents>): void {
  describe(`DeliveredEvents: ${name}`, () => {
    const opened: OpenedDeliveredEvents[] = [];
    const start = async (): Promise<DeliveredEvents> => {
      const one = await open();
      opened.push(one);
      return one.events;
    };
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });

    test('knows what was added, in the order of the question', async () => {
      const events = await start();
      expect(await events.seen([])).toEqual([]);
      expect(await events.seen(['a', 'b'])).toEqual([false, false]);
      await events.add(['b', 'c']);
      await events.add([]);
      await events.add(['b']);
      expect(await events.seen(['a', 'c', 'b', 'c'])).toEqual([false, true, true, true]);
    });

    test('takes any text for an id, byte for byte', async () => {
      const events = await start();
      const ids = ['', ' ', 'a:b{c}', 'ü\u0000\r\n🙂', 'x'.repeat(256), '__proto__'];
      await events.add(ids);
      expect(await events.seen(ids)).toEqual(ids.map(() => true));
      expect(await events.seen(['a:b{d}', 'A', 'x'.repeat(255)])).toEqual([false, false, false]);
    });
  });
}
