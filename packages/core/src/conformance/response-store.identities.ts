import { expect, test } from '@jest/globals';
import type { Entry } from '../entry.ts';
import type { IdentityKey } from '../ids.ts';
import type { Stores } from '../store/stores.ts';
import { entryId, inScope, sampleEntry, T0, withoutVector } from './storage.samples.ts';

type Start = () => Promise<Stores>;

const SAME = '0123456789abcdef'.repeat(2) as IdentityKey;
const OTHER = 'f'.repeat(32) as IdentityKey;
const named = (n: number, identity: IdentityKey = SAME, changes: Partial<Entry> = {}): Entry =>
  sampleEntry(n, { identity, ...changes });

export function identities(start: Start): void {
  test('names the entry of an identity, which it gives back with it', async () => {
    const { responses } = await start();
    expect(await responses.identify(SAME)).toBeUndefined();
    await responses.put([named(1), named(2, OTHER), sampleEntry(3)]);
    expect(await responses.identify(SAME)).toBe(entryId(1));
    expect(await responses.identify(OTHER)).toBe(entryId(2));
    expect(await responses.identify('0'.repeat(32) as IdentityKey)).toBeUndefined();
    expect(await responses.get(entryId(1))).toEqual(withoutVector(named(1)));
    expect((await responses.get(entryId(3)))?.identity).toBeUndefined();
  });

  test('of several the newest is named, in whatever order they come', async () => {
    const { responses } = await start();
    await responses.put([named(5)]);
    await responses.put([named(3)]);
    expect(await responses.identify(SAME)).toBe(entryId(5));
    await responses.put([named(8), named(7)]);
    expect(await responses.identify(SAME)).toBe(entryId(8));
    // One of the same instant replaces, as it does under its id.
    await responses.put([named(9, SAME, { createdAtMs: T0 + 8 })]);
    expect(await responses.identify(SAME)).toBe(entryId(9));
  });

  test('an entry that is written again is still named; written without its identity, it is named or gone', async () => {
    const { responses } = await start();
    await responses.put([named(1)]);
    await responses.put([named(1, SAME, { createdAtMs: T0 + 50 })]);
    expect(await responses.identify(SAME)).toBe(entryId(1));
    expect(await responses.update([named(1, SAME, { createdAtMs: T0 + 50, tags: ['more'] })])).toEqual([entryId(1)]);
    expect(await responses.identify(SAME)).toBe(entryId(1));
    await responses.put([sampleEntry(1, { createdAtMs: T0 + 60, semantic: false })]);
    expect([undefined, entryId(1)]).toContain(await responses.identify(SAME));
    expect((await responses.get(entryId(1)))?.identity).toBeUndefined();
  });

  test('a deleted entry is named no more, and one that took its place stays', async () => {
    const { responses } = await start();
    await responses.put([named(1), named(2, OTHER)]);
    await responses.put([named(3)]);
    await responses.delete([entryId(1), entryId(2)]);
    expect(await responses.identify(SAME)).toBe(entryId(3));
    expect(await responses.identify(OTHER)).toBeUndefined();
    await responses.delete([entryId(3)]);
    expect(await responses.identify(SAME)).toBeUndefined();
    await responses.put([named(4)]);
    expect(await responses.identify(SAME)).toBe(entryId(4));
  });

  test('what is swept or evicted is named no more', async () => {
    const { responses, upkeep } = await start();
    await responses.put([named(1, SAME, { staleUntilMs: T0 + 5 }), inScope(named(2, OTHER), { namespace: 'b' })]);
    expect(await upkeep.sweep(T0 + 10, 9)).toEqual([entryId(1)]);
    expect(await responses.identify(SAME)).toBeUndefined();
    expect(await responses.identify(OTHER)).toBe(entryId(2));
    await upkeep.evict({ tenant: 'default', namespace: 'b', maxEntries: 0, maxBytes: 0 });
    expect(await responses.identify(OTHER)).toBeUndefined();
  });

  test('many at once, each under its own', async () => {
    const { responses } = await start();
    const identityOf = (n: number) => entryId(`identity ${n}`).slice(0, 32) as IdentityKey;
    await responses.put(Array.from({ length: 300 }, (_, n) => named(n, identityOf(n))));
    await responses.delete(Array.from({ length: 150 }, (_, n) => entryId(2 * n)));
    const ids = await Promise.all(Array.from({ length: 300 }, (_, n) => responses.identify(identityOf(n))));
    expect(ids).toEqual(Array.from({ length: 300 }, (_, n) => (n % 2 === 0 ? undefined : entryId(n))));
  });
}

export function identitiesOutlive(start: Start, reopen: Start): void {
  test('identities are there after a restart', async () => {
    const { responses } = await start();
    await responses.put([named(1), named(2, OTHER)]);
    await responses.delete([entryId(2)]);
    const again = await reopen();
    expect(await again.responses.identify(SAME)).toBe(entryId(1));
    expect(await again.responses.identify(OTHER)).toBeUndefined();
  });
}
