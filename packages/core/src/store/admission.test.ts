import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sampleEntry, T0 } from '../conformance/storage.samples.ts';
import { PolicyService } from '../policy/service.ts';
import { Admission, placeOf, watchRoom } from './admission.ts';
import { createMemoryStore } from './memory-store.ts';

const PLACE = placeOf({ tenant: 'default', namespace: 'default' });

describe('admission', () => {
  test('lets everything in where there is room', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.double())), (answers) => {
        const admission = new Admission();
        for (const [question, worth] of answers) expect(admission.refuses(PLACE, question, worth)).toBe(false);
      }),
    );
  });

  test('in a full place takes what is worth as much as what is next to leave, and whatever is asked again', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (worth, floor) => {
          const admission = new Admission();
          admission.setFloor(PLACE, floor);
          expect(admission.refuses(PLACE, 'a', worth)).toBe(worth < floor);
          expect(admission.refuses(PLACE, 'a', worth)).toBe(false);
          expect(admission.refuses('elsewhere', 'b', worth)).toBe(false);
        },
      ),
    );
  });

  test('remembers a bounded number of questions, the latest ones', () => {
    const admission = new Admission();
    admission.setFloor(PLACE, 1);
    for (let n = 0; n < 150_000; n++) admission.refuses(PLACE, `q${n}`, 0);
    expect(admission.refuses(PLACE, 'q149999', 0)).toBe(false);
    expect(admission.refuses(PLACE, 'q0', 0)).toBe(true);
  });
});

test('what is full is watched, and no longer when there is room again', async () => {
  const stores = createMemoryStore();
  const policies = new PolicyService(stores.policies);
  const admission = new Admission();
  const watch = () => watchRoom({ upkeep: stores.upkeep, policies, admission });
  await stores.responses.put(Array.from({ length: 99 }, (_, n) => sampleEntry(n)));
  await policies.put('default', undefined, { maxEntries: 200 });
  await watch();
  expect(admission.places()).toEqual([]);
  await policies.put('default', undefined, { maxEntries: 100 });
  await watch();
  expect(admission.places()).toEqual([PLACE]);
  expect(admission.refuses(PLACE, 'a', 0)).toBe(true);
  await stores.upkeep.sweep(T0 + 10 ** 10, 50);
  await watch();
  expect(admission.places()).toEqual([]);
  expect(admission.refuses(PLACE, 'b', 0)).toBe(false);
});
