import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { ANYONE, type Caller, NearhitError, type TenantId } from '@nearhit/core';
import { createAuthorize, type Keyring } from './authorize.ts';
import { FailedAttempts } from './failed-attempts.ts';

const TOKEN = 'the-admin-token';
const KNOWN: Caller = { tenant: 'acme' as TenantId, keyId: 'key_1', grants: {} };

/** One right key, which it knows or has to look up first; counts its look-ups. */
function oneKey({ known = false, later = false } = {}): Keyring & { lookUps: number } {
  const ring = {
    lookUps: 0,
    caller(key: string) {
      ring.lookUps += 1;
      const found = () => {
        if (key === 'nh_right') return KNOWN;
        throw new NearhitError('UNAUTHORIZED', 'The API key is not valid here.');
      };
      return later ? Promise.resolve().then(found) : found();
    },
    anyone: (credential: string | undefined) => ({ ...ANYONE, credential }),
    recognises: (key: string) => known && key === 'nh_right',
  };
  return ring;
}

const from = (remoteAddress: string) => ({ socket: { remoteAddress } }) as IncomingMessage;

/** What comes of it: a caller, or the error's kind. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return (error as NearhitError).kind;
  }
}

describe.each([false, true])('keys that are looked up later: %s', (later) => {
  test.each([
    ['required', undefined, 'UNAUTHORIZED'],
    ['required', 'sk-theirs', 'UNAUTHORIZED'],
    ['required', 'nh_right', KNOWN],
    ['required', 'nh_wrong', 'UNAUTHORIZED'],
    ['required', TOKEN, ANYONE],
    ['optional', undefined, { ...ANYONE, credential: undefined }],
    ['optional', 'sk-theirs', { ...ANYONE, credential: 'sk-theirs' }],
    ['optional', 'nh_right', KNOWN],
    ['optional', 'nh_wrong', 'UNAUTHORIZED'],
    ['optional', TOKEN, ANYONE],
  ] as const)('%s, %s', async (auth, credential, expected) => {
    const authorize = createAuthorize({ auth: () => auth, token: TOKEN, keyring: oneKey({ later }) });
    expect(await outcome(() => authorize(credential, from('10.0.0.1')))).toEqual(expected);
  });

  test('too many wrong keys from one address: nothing more is looked up for it; others go on', async () => {
    const keyring = oneKey({ later });
    const failures = new FailedAttempts({ attemptsMax: 3 });
    const authorize = createAuthorize({ auth: () => 'optional', token: TOKEN, keyring, failures });
    for (let n = 0; n < 3; n++)
      expect(await outcome(() => authorize(`nh_wrong${n}`, from('10.0.0.1')))).toBe('UNAUTHORIZED');
    for (const key of ['nh_wrong', 'nh_right'])
      expect(await outcome(() => authorize(key, from('10.0.0.1')))).toBe('RATE_LIMITED');
    expect(keyring.lookUps).toBe(3);
    expect(await outcome(() => authorize('nh_right', from('10.0.0.2')))).toBe(KNOWN);
    expect(await outcome(() => authorize('sk-theirs', from('10.0.0.1')))).toMatchObject({ credential: 'sk-theirs' });
    expect(await outcome(() => authorize(TOKEN, from('10.0.0.1')))).toBe(ANYONE);
  });
});

test('who is known already is let in, whatever else comes from the same address', async () => {
  const keyring = oneKey({ known: true });
  const failures = new FailedAttempts({ attemptsMax: 1 });
  const authorize = createAuthorize({ auth: () => 'required', token: TOKEN, keyring, failures });
  expect(await outcome(() => authorize('sk-wrong', from('10.0.0.1')))).toBe('UNAUTHORIZED');
  expect(await outcome(() => authorize('sk-wrong', from('10.0.0.1')))).toBe('RATE_LIMITED');
  expect(await outcome(() => authorize('nh_right', from('10.0.0.1')))).toBe(KNOWN);
});

test('without keys, what looks like one is refused all the same', async () => {
  const authorize = createAuthorize({ auth: () => 'optional', token: TOKEN });
  expect(await outcome(() => authorize('nh_right', from('10.0.0.1')))).toBe('UNAUTHORIZED');
  expect(await outcome(() => authorize('sk-theirs', from('10.0.0.1')))).toEqual({ ...ANYONE, credential: 'sk-theirs' });
});

describe('failed attempts', () => {
  test('are counted in windows of a minute', () => {
    let ticks = 0;
    const failures = new FailedAttempts({ attemptsMax: 2, ticks: () => ticks });
    failures.note('a');
    expect(failures.blockedMs('a')).toBe(0);
    ticks = 59_000;
    failures.note('a');
    expect([failures.blockedMs('a'), failures.blockedMs('b')]).toEqual([1_000, 0]);
    ticks = 60_000;
    expect(failures.blockedMs('a')).toBe(0);
    failures.note('a');
    expect(failures.blockedMs('a')).toBe(0);
  });

  test.each([
    ['192.0.2.1', '::ffff:192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '::2', true],
    ['fe80::1', 'fe81::1', false],
  ])('%s and %s are one network: %s', (one, other, same) => {
    const failures = new FailedAttempts({ attemptsMax: 1 });
    failures.note(one);
    expect(failures.blockedMs(one)).toBeGreaterThan(0);
    expect(failures.blockedMs(other) > 0).toBe(same);
  });

  test('take no more room than for so many addresses', () => {
    const failures = new FailedAttempts({ attemptsMax: 1, addressesMax: 100 });
    for (let n = 0; n < 1_000; n++) failures.note(`10.0.${n >> 8}.${n & 255}`);
    expect(failures.blockedMs('10.0.0.1')).toBe(0);
    expect(failures.blockedMs('10.0.3.231')).toBeGreaterThan(0);
  });
});
