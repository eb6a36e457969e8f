export { limitStoreProperties } from './limit-store.properties.ts';
export { eventually, type OpenLimits, settlement, subject, verdict } from './limits.samples.ts';

import { describe, expect, test } from '@jest/globals';
import {
  eventually,
  type LimitTraits,
  LONG_MS,
  limitsPerTest,
  type OpenLimits,
  settlement,
  subject,
  verdict,
} from './limits.samples.ts';

export function limitStoreConformance(name: string, open: OpenLimits, traits: LimitTraits = {}): void {
  describe(`LimitStore: ${name}`, () => {
    const { start, reopen } = limitsPerTest(open);

    test('lets in as many requests as every subject allows, and counts a refused one nowhere', async () => {
      const limits = await start();
      const both = [subject('key:a', { rpm: 3 }), subject('tenant:t', { rpm: 4 })];
      for (let n = 0; n < 3; n++) expect(verdict(await limits.enter('t', both, `l${n}`))).toBe('granted');
      for (let n = 0; n < 3; n++) expect(verdict(await limits.enter('t', both, `m${n}`))).toBe('rpm of 0');
      const other = [subject('key:b', { rpm: 3 }), subject('tenant:t', { rpm: 4 })];
      const last = await limits.enter('t', other, 'n1');
      expect(last).toMatchObject({ kind: 'granted', uses: [{ milliRequests: 1000 }, { milliRequests: 4000 }] });
      const refused = await limits.enter('t', other, 'n2');
      expect(refused).toMatchObject({ kind: 'refused', subject: 1, limit: 'rpm' });
      expect(refused.kind === 'refused' && refused.retryAfterMs).toBeGreaterThan(LONG_MS / 2);
      expect(refused.uses[0]?.milliRequests).toBe(1000);
      expect(verdict(await limits.enter('t', [subject('key:c', { rpm: 0 })], 'o1'))).toBe('rpm of 0');
    });

    test('counts in windows that begin with the first request', async () => {
      const limits = await start({ windowMs: 400 });
      const one = [subject('key:a', { rpm: 1 })];
      const first = await limits.enter('t', one, 'l1');
      expect(first.uses[0]?.resetMs).toBeGreaterThan(0);
      expect(first.uses[0]?.resetMs).toBeLessThanOrEqual(400);
      expect(first.uses[0]?.window).toBeGreaterThan(0);
      let after = first;
      await eventually('a new window', async () => {
        after = await limits.enter('t', one, 'l2');
        return after.kind === 'granted';
      });
      expect(after.uses[0]?.window).toBeGreaterThan(first.uses[0]?.window ?? 0);
    });

    test('lets in as many at once as allowed; a place is free when it is given back', async () => {
      const limits = await start();
      const two = [subject('key:a', { concurrent: 2 })];
      expect(verdict(await limits.enter('t', two, 'l1'))).toBe('granted');
      expect(verdict(await limits.enter('t', two, 'l2'))).toBe('granted');
      expect(verdict(await limits.enter('t', two, 'l3'))).toBe('concurrent of 0');
      await limits.settle(settlement('l1', ['key:a']));
      await limits.settle(settlement('l1', ['key:a']));
      expect(verdict(await limits.enter('t', two, 'l3'))).toBe('granted');
      expect(verdict(await limits.enter('t', two, 'l4'))).toBe('concurrent of 0');
      expect(await limits.use('t', ['key:a'])).toMatchObject([{ inFlight: 2, milliRequests: 0, window: 0 }]);
    });

    test('a lease that nobody renews is free, with the money set aside under it; one that is renewed is not', async () => {
      const limits = await start({ leaseMs: 800 });
      const one = [subject('key:a', { concurrent: 2, nanoUsdDay: 100 })];
      await limits.enter('t', one, 'dead');
      await limits.reserve('t', one, 'dead', { tokens: [0], nanoUsd: 60 });
      await limits.enter('t', one, 'alive');
      await limits.reserve('t', one, 'alive', { tokens: [0], nanoUsd: 30 });
      expect(verdict(await limits.enter('t', one, 'next'))).toBe('concurrent of 0');
      const alive = { tenant: 't', lease: 'alive', subjects: ['key:a'], nanoUsd: 30 };
      await eventually('the dead one has lapsed', async () => {
        await limits.renew([alive]);
        return (await limits.use('t', ['key:a']))[0]?.inFlight === 1;
      });
      expect(await limits.use('t', ['key:a'])).toMatchObject([{ inFlight: 1, reserved: 30, spentDay: 0 }]);
      expect(verdict(await limits.reserve('t', one, 'next', { tokens: [0], nanoUsd: 71 }))).toBe('nanoUsdDay of 0');
    });

    test('a lease that the store has lost is taken again by its renewal, and settled once', async () => {
      const limits = await start();
      await limits.renew([{ tenant: 't', lease: 'l1', subjects: ['key:a', 'tenant:t'], nanoUsd: 40 }]);
      await limits.renew([{ tenant: 't', lease: 'l1', subjects: ['key:a', 'tenant:t'], nanoUsd: 40 }]);
      expect(await limits.use('t', ['key:a'])).toMatchObject([{ inFlight: 1, reserved: 40 }]);
      await limits.settle(settlement('l1', ['key:a', 'tenant:t'], { nanoUsd: 25 }));
      expect(await limits.use('t', ['key:a', 'tenant:t'])).toMatchObject([
        { inFlight: 0, reserved: 0, spentDay: 25, spentMonth: 25 },
        { inFlight: 0, reserved: 0, spentDay: 25, spentMonth: 25 },
      ]);
    });

    test('sets tokens aside, and takes what was used for it', async () => {
      const limits = await start();
      const one = [subject('key:a', { tpm: 100 })];
      const reserved = await limits.reserve('t', one, 'l1', { tokens: [60], nanoUsd: 0 });
      expect(reserved).toMatchObject({ kind: 'granted', uses: [{ tokens: 60 }] });
      expect(await limits.reserve('t', one, 'l2', { tokens: [41], nanoUsd: 0 })).toMatchObject({
        ...{ kind: 'refused', limit: 'tpm', subject: 0 },
        uses: [{ tokens: 60 }],
      });
      const window = reserved.uses[0]?.window ?? 0;
      const settled = { id: 'key:a', entered: 0, milliRequestsBack: 0, reserved: window, tokensReserved: 60 };
      await limits.settle(settlement('l1', [], { subjects: [{ ...settled, tokensUsed: 25 }] }));
      expect(await limits.use('t', ['key:a'])).toMatchObject([{ tokens: 25 }]);
      expect(verdict(await limits.reserve('t', one, 'l3', { tokens: [75], nanoUsd: 0 }))).toBe('granted');
      await limits.settle(settlement('l3', [], { subjects: [{ ...settled, tokensReserved: 75, tokensUsed: 90 }] }));
      expect(await limits.use('t', ['key:a'])).toMatchObject([{ tokens: 115 }]);
    });

    test('of a window that is over, only what was used beyond counts, in the one that runs', async () => {
      const limits = await start();
      const settled = { id: 'key:a', entered: 7, milliRequestsBack: 1000, reserved: 7, tokensReserved: 60 };
      await limits.enter('t', [subject('key:a', { rpm: 9 })], 'l0');
      await limits.settle(settlement('l1', [], { subjects: [{ ...settled, tokensUsed: 10 }] }));
      expect(await limits.use('t', ['key:a'])).toMatchObject([{ tokens: 0, milliRequests: 1000 }]);
      await limits.settle(settlement('l2', [], { subjects: [{ ...settled, tokensUsed: 75 }] }));
      expect(await limits.use('t', ['key:a'])).toMatchObject([{ tokens: 15, milliRequests: 1000 }]);
    });

    test('gives back the part of a request that a hit does not count', async () => {
      const limits = await start();
      const one = [subject('key:a', { rpm: 1 })];
      const { uses } = await limits.enter('t', one, 'l1');
      const back = { id: 'key:a', entered: uses[0]?.window ?? 0, milliRequestsBack: 750 };
      const nothing = { reserved: 0, tokensReserved: 0, tokensUsed: 0 };
      await limits.settle(settlement('l1', [], { subjects: [{ ...back, ...nothing }] }));
      expect(await limits.use('t', ['key:a'])).toMatchObject([{ milliRequests: 250 }]);
      expect(verdict(await limits.enter('t', one, 'l2'))).toBe('rpm of 0');
    });

    test('never lets more be spent and set aside than the budgets of day and month', async () => {
      const limits = await start();
      const both = [subject('key:a', { nanoUsdDay: 100 }), subject('tenant:t', { nanoUsdMonth: 150 })];
      const reserve = (lease: string, nanoUsd: number) =>
        limits.reserve('t', both, lease, { tokens: [0, 0], nanoUsd }).then(verdict);
      expect(await reserve('l1', 60)).toBe('granted');
      expect(await reserve('l2', 41)).toBe('nanoUsdDay of 0');
      await limits.settle(settlement('l1', ['key:a', 'tenant:t'], { nanoUsd: 70 }));
      await limits.settle(settlement('l1', ['key:a', 'tenant:t'], { nanoUsd: 70 }));
      expect(await limits.use('t', ['key:a', 'tenant:t'])).toMatchObject([
        { spentDay: 70, spentMonth: 70, reserved: 0 },
        { spentDay: 70, spentMonth: 70, reserved: 0 },
      ]);
      expect(await reserve('l3', 31)).toBe('nanoUsdDay of 0');
      expect(await reserve('l4', 30)).toBe('granted');
      const other = [subject('key:b', {}), subject('tenant:t', { nanoUsdMonth: 150 })];
      const refused = await limits.reserve('t', other, 'l5', { tokens: [0, 0], nanoUsd: 51 });
      expect(refused).toMatchObject({ kind: 'refused', subject: 1, limit: 'nanoUsdMonth' });
      expect(refused.kind === 'refused' && refused.retryAfterMs).toBeLessThanOrEqual(31 * 86_400_000);
      expect(refused.kind === 'refused' && refused.retryAfterMs).toBeGreaterThan(0);
    });

    test('counts money beyond what 32 bits hold to the last of it', async () => {
      const limits = await start();
      await limits.settle(settlement('l1', ['key:a'], { nanoUsd: 4_000_000_000_000_000 }));
      await limits.settle(settlement('l2', ['key:a'], { nanoUsd: 1 }));
      expect(await limits.use('t', ['key:a'])).toMatchObject([{ spentDay: 4_000_000_000_000_001 }]);
      const one = [subject('key:a', { nanoUsdDay: 1e18 })];
      expect(verdict(await limits.reserve('t', one, 'l3', { tokens: [0], nanoUsd: 1e17 }))).toBe('granted');
    });

    test('two tenants never touch each other, whatever they are called', async () => {
      const limits = await start();
      const one = [subject('key:a', { rpm: 1, concurrent: 1, nanoUsdDay: 10 })];
      const names = ['t', 'u', 't:', 't}{', '', 'ü'.repeat(200)];
      for (const tenant of names) {
        expect(verdict(await limits.enter(tenant, one, 'l1'))).toBe('granted');
        expect(verdict(await limits.reserve(tenant, one, 'l1', { tokens: [0], nanoUsd: 10 }))).toBe('granted');
      }
      for (const tenant of names) {
        expect(await limits.use(tenant, ['key:a'])).toMatchObject([{ milliRequests: 1000, inFlight: 1, reserved: 10 }]);
      }
    });

    test('admits exactly the limit of many at once', async () => {
      const all = [await start(), ...(traits.shared ? [await start()] : [])];
      const one = [subject('key:a', { rpm: 100, concurrent: 50, tpm: 700, nanoUsdDay: 3000 })];
      const answers = await Promise.all(
        Array.from({ length: 400 }, (_, n) => (all[n % all.length] as (typeof all)[0]).enter('t', one, `l${n}`)),
      );
      expect(answers.filter(({ kind }) => kind === 'granted')).toHaveLength(50);
      const reserved = await Promise.all(
        Array.from({ length: 400 }, (_, n) =>
          (all[n % all.length] as (typeof all)[0]).reserve('t', one, `l${n}`, { tokens: [10], nanoUsd: 50 }),
        ),
      );
      expect(reserved.filter(({ kind }) => kind === 'granted')).toHaveLength(60);
    });

    if (!traits.persistent) return;
    test('what was counted and spent is there after a restart', async () => {
      const limits = await start();
      const one = [subject('key:a', { rpm: 2, tpm: 100, nanoUsdDay: 100 })];
      const before = await limits.enter('t', one, 'l1');
      await limits.reserve('t', one, 'l1', { tokens: [40], nanoUsd: 50 });
      await limits.settle(settlement('l1', ['key:a'], { nanoUsd: 70 }));
      const again = await reopen();
      const [use] = await again.use('t', ['key:a']);
      expect(use).toMatchObject({ milliRequests: 1000, tokens: 40, spentDay: 70, spentMonth: 70 });
      expect(use?.window).toBe(before.uses[0]?.window);
      expect(use?.resetMs).toBeLessThanOrEqual(before.uses[0]?.resetMs ?? 0);
      expect(verdict(await again.enter('t', one, 'l2'))).toBe('granted');
      expect(verdict(await again.enter('t', one, 'l3'))).toBe('rpm of 0');
      expect(verdict(await again.reserve('t', one, 'l2', { tokens: [1], nanoUsd: 31 }))).toBe('nanoUsdDay of 0');
    });
  });
}
