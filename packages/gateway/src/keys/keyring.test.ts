import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ANYONE, type ApiKeyRecord, type Caller, createMemoryStore, type KeyStore, NearhitError } from '@nearhit/core';
import { KeyAdmin } from './key-admin.ts';
import { Keyring, type KeyringOptions } from './keyring.ts';
import { createSeal } from './seal.ts';
import { makeSecret } from './secret.ts';

const NOON = Date.UTC(2026, 10, 30, 12);
const seal = createSeal('the house secret');

let nowMs: number;
let isAway: boolean;
let lookUps: number;
let incidents: string[];
const keyrings: Keyring[] = [];
beforeEach(() => {
  nowMs = NOON;
  isAway = false;
  lookUps = 0;
  incidents = [];
});
afterEach(() => {
  for (const keyring of keyrings.splice(0)) keyring.close();
});

const observer = { incident: (name: string) => void incidents.push(name) };

/** A store that may be away, and counts the look-ups of keys. */
function unsteady(store: KeyStore): KeyStore {
  return new Proxy(store, {
    get:
      (target, name) =>
      async (...given: unknown[]) => {
        if (name === 'byHash') lookUps += 1;
        if (isAway) throw new NearhitError('STORE_UNAVAILABLE', 'away');
        return (Reflect.get(target, name) as (...args: unknown[]) => unknown).apply(target, given);
      },
  });
}

function house(options: Partial<Pick<KeyringOptions, 'tenants'>> = {}) {
  const { keys, limits } = createMemoryStore();
  const store = unsteady(keys);
  const tenants = options.tenants ?? (() => []);
  // It asks by itself only when a test makes it.
  const shared = { store, seal, tenants, observer, now: () => nowMs, refreshMs: 3_600_000 };
  const keyring = new Keyring(shared);
  const elsewhere = new Keyring(shared);
  keyrings.push(keyring, elsewhere);
  return { keys, keyring, elsewhere, admin: new KeyAdmin({ ...shared, limits, keyring }) };
}

const PLAIN = { name: 'n', tenant: 'acme', grants: {}, limits: {} };

async function refusal(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    return `${(error as NearhitError).kind}: ${(error as Error).message}`;
  }
  return 'let in';
}

describe('a key', () => {
  test('says who calls and what they may do', async () => {
    const { admin, keyring } = house({
      tenants: () => [{ id: 'acme', rpm: 100, tpm: 5, routing: { policy: 'cost', maxLatencyMs: 9 } }],
    });
    await admin.putTenant({ id: 'acme', limits: { tpm: null, concurrent: 3 } });
    const { record, secret } = await admin.create({
      ...PLAIN,
      ...{ grants: { models: ['gpt-4o'] }, limits: { rpm: 6 }, thresholdFloor: 0.8, routing: { policy: 'latency' } },
      upstreamKeys: { openai: 'sk-theirs' },
    });
    expect(await keyring.caller(secret)).toEqual({
      ...{ tenant: 'acme', keyId: record.id, grants: { models: ['gpt-4o'] }, keyLimits: { rpm: 6 } },
      ...{ tenantLimits: { rpm: 100, concurrent: 3 }, thresholdFloor: 0.8 },
      ...{ routing: { policy: 'latency', maxLatencyMs: 9 }, upstreamKeys: { openai: 'sk-theirs' } },
    });
    expect(JSON.stringify(record)).not.toContain(secret);
    expect(JSON.stringify(record)).not.toContain('sk-theirs');
  });

  test('is looked up once, and from then on answered at once', async () => {
    const { admin, keyring } = house();
    const { secret } = await admin.create(PLAIN);
    const first = await Promise.all([keyring.caller(secret), keyring.caller(secret)]);
    const again = keyring.caller(secret);
    expect(again).not.toBeInstanceOf(Promise);
    expect([first[1], again]).toEqual([first[0], first[0]]);
    expect(lookUps).toBe(1);
    expect(keyring.recognises(secret)).toBe(true);
  });

  test('that nobody has is refused; a mistyped one without a look-up', async () => {
    const { admin, keyring } = house();
    const { secret } = await admin.create(PLAIN);
    const unknown = makeSecret();
    for (let n = 0; n < 3; n++)
      expect(await refusal(() => keyring.caller(unknown))).toBe('UNAUTHORIZED: The API key is not valid here.');
    expect(lookUps).toBe(1);
    const mistyped = secret.slice(0, -1) + (secret.endsWith('1') ? '2' : '1');
    expect(await refusal(() => keyring.caller(mistyped))).toMatch(/mistyped or cut/);
    expect(lookUps).toBe(1);
    expect([keyring.recognises(unknown), keyring.recognises(mistyped)]).toEqual([false, false]);
  });

  test('ends when it expires, and when it is revoked or deleted', async () => {
    const { admin, keyring } = house();
    const expiring = await admin.create({ ...PLAIN, expiresAtMs: NOON + 1000 });
    const revoked = await admin.create(PLAIN);
    const deleted = await admin.create(PLAIN);
    for (const { secret } of [expiring, revoked, deleted])
      expect(await refusal(() => keyring.caller(secret))).toBe('let in');
    await admin.change(revoked.record.id, () => ({ revokedAtMs: nowMs }));
    await admin.delete(deleted.record.id);
    nowMs += 1000;
    expect(await refusal(() => keyring.caller(expiring.secret))).toMatch(/UNAUTHORIZED.*expired \(2026-11-30T12:00:01/);
    expect(await refusal(() => keyring.caller(revoked.secret))).toBe('UNAUTHORIZED: This API key has been revoked.');
    expect(await refusal(() => keyring.caller(deleted.secret))).toBe('UNAUTHORIZED: The API key is not valid here.');
    // Nothing brings it back.
    await admin.change(revoked.record.id, () => ({ revokedAtMs: undefined, name: 'again' }));
    expect(await refusal(() => keyring.caller(revoked.secret))).toMatch(/revoked/);
    await expect(admin.rotate(revoked.record.id, 0)).rejects.toMatchObject({ kind: 'INVALID_REQUEST' });
    await expect(admin.delete(deleted.record.id)).rejects.toMatchObject({ kind: 'NOT_FOUND' });
  });

  test('that is rotated has a new secret, and the old one opens it for as long as is said', async () => {
    const { admin, keyring } = house();
    const first = await admin.create(PLAIN);
    const second = await admin.rotate(first.record.id, 60);
    nowMs += 30_000;
    const third = await admin.rotate(first.record.id, 3_600);
    expect(new Set([first.secret, second.secret, third.secret]).size).toBe(3);
    for (const { secret } of [first, second, third]) expect(await refusal(() => keyring.caller(secret))).toBe('let in');
    nowMs += 30_000;
    // The first one's minute is over: the second rotation makes it no longer.
    expect(await refusal(() => keyring.caller(first.secret))).toMatch(/replaced by a new one/);
    expect(await refusal(() => keyring.caller(second.secret))).toBe('let in');
    const fourth = await admin.rotate(first.record.id, 0);
    for (const { secret } of [first, second, third])
      expect(await refusal(() => keyring.caller(secret))).toMatch(/UNAUTH/);
    expect(await refusal(() => keyring.caller(fourth.secret))).toBe('let in');
    expect(fourth.record.hashes).toHaveLength(1);
  });

  test('whose upstream credentials can’t be read is refused, rather than paid for by the house', async () => {
    const { admin, keys } = house();
    const { secret } = await admin.create({ ...PLAIN, upstreamKeys: { openai: 'sk-theirs' } });
    const other = new Keyring({ store: keys, seal: createSeal('another'), tenants: () => [], observer });
    keyrings.push(other);
    expect(await refusal(() => other.caller(secret))).toMatch(/INTERNAL: The upstream credentials/);
  });
});

describe('a change', () => {
  test('is in force here at once, and elsewhere when it is next looked for', async () => {
    const { admin, keyring, elsewhere } = house();
    const { record, secret } = await admin.create(PLAIN);
    const rpmOf = async (ring: Keyring) => ((await ring.caller(secret)) as Caller).keyLimits?.rpm;
    await elsewhere.refresh();
    expect([await rpmOf(keyring), await rpmOf(elsewhere)]).toEqual([undefined, undefined]);
    await admin.change(record.id, () => ({ limits: { rpm: 5 } }));
    expect([await rpmOf(keyring), await rpmOf(elsewhere)]).toEqual([5, undefined]);
    await elsewhere.refresh();
    expect(await rpmOf(elsewhere)).toBe(5);
    await admin.putTenant({ id: 'acme', limits: { rpm: 7 } });
    expect(((await keyring.caller(secret)) as Caller).tenantLimits).toEqual({ rpm: 7 });
  });

  test('by several at once loses none of them', async () => {
    const { admin } = house();
    const { record } = await admin.create(PLAIN);
    await Promise.all(
      ['rpm', 'tpm', 'concurrent'].map((limit) =>
        admin.change(record.id, (now: ApiKeyRecord) => ({ limits: { ...now.limits, [limit]: 1 } })),
      ),
    );
    expect((await admin.get(record.id)).limits).toEqual({ rpm: 1, tpm: 1, concurrent: 1 });
  });

  test('is looked for by itself', async () => {
    const { admin, keys } = house();
    const { record, secret } = await admin.create(PLAIN);
    const other = new Keyring({ store: keys, seal, tenants: () => [], observer, refreshMs: 10 });
    keyrings.push(other);
    await other.refresh();
    await other.caller(secret);
    await admin.change(record.id, () => ({ revokedAtMs: nowMs }));
    const giveUpAt = Date.now() + 10_000;
    while (!(await refusal(() => other.caller(secret))).includes('revoked')) {
      if (Date.now() > giveUpAt) throw new Error('it never heard of it');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
});

describe('while the store is away', () => {
  test('what is known goes on; what is not known is nobody’s fault', async () => {
    const { admin, keyring } = house();
    const { secret } = await admin.create(PLAIN);
    await keyring.caller(secret);
    isAway = true;
    keyring.forget();
    lookUps = 0;
    for (let n = 0; n < 5; n++) expect(await refusal(() => keyring.caller(secret))).toBe('let in');
    // Not asked for every request.
    expect(lookUps).toBe(1);
    expect(await refusal(() => keyring.caller(makeSecret()))).toMatch(/^STORE_UNAVAILABLE/);
    expect(incidents).toEqual(['keys-unavailable', 'keys-unavailable']);
    isAway = false;
    await admin.change((await admin.list({}, { limit: 1 })).keys[0]?.id as string, () => ({ revokedAtMs: nowMs }));
    nowMs += 500;
    expect(await refusal(() => keyring.caller(secret))).toMatch(/revoked/);
  });

  test('one that answers nothing is waited for no longer than said', async () => {
    const hanging = { byHash: () => new Promise<undefined>(() => {}), tenant: async () => undefined };
    const store = { ...hanging, get: async () => undefined, revision: async () => '' };
    const keyring = new Keyring({ store, seal, tenants: () => [], observer, timeoutMs: 20 });
    keyrings.push(keyring);
    expect(await refusal(() => keyring.caller(makeSecret()))).toMatch(/^STORE_UNAVAILABLE/);
  });

  test('work that goes on after its request asks whether its caller may still act', async () => {
    const { admin, keyring } = house();
    const { record, secret } = await admin.create({ ...PLAIN, limits: { rpm: 5 } });
    const caller = await keyring.caller(secret);
    expect(await keyring.renew(caller)).toEqual(caller);
    await admin.change(record.id, () => ({ limits: { rpm: 7 } }));
    expect(await keyring.renew(caller)).toMatchObject({ keyId: record.id, keyLimits: { rpm: 7 } });
    isAway = true;
    expect(await refusal(() => keyring.renew(caller))).toMatch(/^STORE_UNAVAILABLE/);
    isAway = false;
    await admin.change(record.id, () => ({ revokedAtMs: nowMs }));
    expect(await refusal(() => keyring.renew(caller))).toMatch(/^UNAUTHORIZED.*revoked/);
    expect(await keyring.renew({ ...ANYONE, credential: 'sk-own' })).toEqual({ ...ANYONE, credential: 'sk-own' });
  });

  test('who has no key is the default tenant, as the file has it or as it was known', async () => {
    let rpm: number | undefined = 5;
    const { admin, keyring } = house({ tenants: () => (rpm === undefined ? [] : [{ id: 'default', rpm }]) });
    isAway = true;
    expect(await keyring.anyone('sk-theirs')).toEqual({ ...ANYONE, tenantLimits: { rpm: 5 }, credential: 'sk-theirs' });
    isAway = false;
    nowMs += 500;
    await admin.putTenant({ id: 'default', limits: { rpm: 9 } });
    expect(await keyring.anyone(undefined)).toMatchObject({ tenantLimits: { rpm: 9 } });
    isAway = true;
    keyring.forget();
    expect(await keyring.anyone(undefined)).toMatchObject({ tenantLimits: { rpm: 9 } });
    isAway = false;
    nowMs += 500;
    rpm = undefined;
    await admin.deleteTenant('default');
    expect(await keyring.anyone(undefined)).toBe(ANYONE);
  });
});
