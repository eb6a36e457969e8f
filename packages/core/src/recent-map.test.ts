import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RecentMap } from './recent-map.ts';

describe('RecentMap', () => {
  test('what was set or asked for among the last is there, with its last value; nothing is twice as old', () => {
    const key = fc.nat(30).map(String);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), key, value: fc.option(fc.nat(), { nil: undefined }) }),
      fc.record({ kind: fc.constant('get' as const), key }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 200 }), (max, steps) => {
        const map = new RecentMap<number | undefined>(max);
        const values = new Map<string, number | undefined>();
        // The newest last.
        let order: string[] = [];
        const used = (name: string) => {
          order = [...order.filter((one) => one !== name), name];
        };
        for (const one of steps) {
          const known = order.slice(-max).includes(one.key);
          if (one.kind === 'set') {
            map.set(one.key, one.value);
            values.set(one.key, one.value);
            used(one.key);
            continue;
          }
          const there = map.has(one.key);
          const value = map.get(one.key);
          if (known) expect(there).toBe(true);
          if (there) expect(value).toBe(values.get(one.key));
          else expect(value).toBeUndefined();
          if (there) used(one.key);
          else order = order.filter((name) => name !== one.key);
        }
        const kept = [...values.keys()].filter((name) => map.has(name));
        expect(kept.length).toBeLessThanOrEqual(2 * max);
      }),
      { numRuns: 300 },
    );
  });
});
