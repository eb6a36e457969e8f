import { expect, test } from '@jest/globals';
import type { EntryFilter } from '../ports/response-store.ts';
import { createMemoryDeliveredEvents } from '../store/memory-delivered-events.ts';
import { type DocumentEvent, DocumentEvents, outdatedBy } from './document-events.ts';

const updated = (id: string, more: Partial<DocumentEvent> = {}): DocumentEvent => ({
  event: 'document.updated',
  document: { id, version: 4 },
  ...more,
});

test.each<[string, DocumentEvent, EntryFilter[]]>([
  ['an update to a version', updated('d'), [{ context: { id: 'd', versionBelow: 4 } }]],
  [
    'an update to version 0',
    updated('d', { document: { id: 'd', version: 0 } }),
    [{ context: { id: 'd', versionBelow: 0 } }],
  ],
  ['an update', updated('d', { document: { id: 'd' } }), [{ context: { id: 'd' } }]],
  ['a deletion, whatever the version', updated('d', { event: 'document.deleted' }), [{ context: { id: 'd' } }]],
  [
    'namespaces',
    updated('d', { namespaces: ['a', 'b', 'a'] }),
    ['a', 'b'].map((namespace) => ({ context: { id: 'd', versionBelow: 4 }, namespace })),
  ],
])('%s outdates', (_what, event, filters) => {
  expect(outdatedBy(event)).toEqual(filters);
});

function house() {
  const asked: EntryFilter[] = [];
  const state = { fails: false };
  const events = new DocumentEvents({
    delivered: createMemoryDeliveredEvents(),
    invalidate: async (filter, dryRun) => {
      if (state.fails) throw new Error('away');
      expect(dryRun).toBe(false);
      asked.push(filter);
      return { matched: 2, deleted: 1 };
    },
  });
  return { asked, state, events };
}

test('an event is acted on once, in one delivery or in several; one without an id each time', async () => {
  const { asked, events } = house();
  const one = updated('d', { id: 'evt_1', namespaces: ['a', 'b'] });
  const done = { id: 'evt_1', event: 'document.updated', document: 'd' };
  expect(await events.apply([one, one])).toEqual([
    { ...done, duplicate: false, matched: 4, deleted: 2 },
    { ...done, duplicate: true, matched: 0, deleted: 0 },
  ]);
  expect(await events.apply([one])).toMatchObject([{ duplicate: true }]);
  expect(asked).toHaveLength(2);
  await events.apply([updated('d'), updated('d')]);
  expect(asked).toHaveLength(4);
});

test('what failed is done when it comes again', async () => {
  const { asked, state, events } = house();
  state.fails = true;
  await expect(events.apply([updated('d', { id: 'evt_1' })])).rejects.toThrow('away');
  state.fails = false;
  expect(await events.apply([updated('d', { id: 'evt_1' })])).toMatchObject([{ duplicate: false, deleted: 1 }]);
  expect(asked).toHaveLength(1);
});
