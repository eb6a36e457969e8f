import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hashOfSecret, hintOf, isWellFormed, KEY_PREFIX, makeKeyId, makeSecret } from './secret.ts';

const secrets = fc.integer().map(() => makeSecret());
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

describe('secrets', () => {
  test('are nh_ and 32 base58 characters, each another', () => {
    const made = Array.from({ length: 500 }, () => makeSecret());
    for (const secret of made) {
      expect(secret).toMatch(/^nh_[1-9A-HJ-NP-Za-km-z]{32}$/);
      expect(isWellFormed(secret)).toBe(true);
    }
    expect(new Set(made).size).toBe(made.length);
  });

  test('with one character changed are none', () => {
    fc.assert(
      fc.property(secrets, fc.nat(31), fc.constantFrom(...ALPHABET), (secret, at, character) => {
        const place = KEY_PREFIX.length + at;
        fc.pre(secret[place] !== character);
        return !isWellFormed(secret.slice(0, place) + character + secret.slice(place + 1));
      }),
    );
  });

  test('with two neighbours exchanged, cut, or with more behind are none', () => {
    fc.assert(
      fc.property(secrets, fc.nat(30), (secret, at) => {
        const place = KEY_PREFIX.length + at;
        const [a, b] = [secret[place], secret[place + 1]];
        const exchanged = `${secret.slice(0, place)}${b}${a}${secret.slice(place + 2)}`;
        return (
          (a === b || !isWellFormed(exchanged)) && !isWellFormed(secret.slice(0, place)) && !isWellFormed(`${secret}1`)
        );
      }),
    );
  });

  test('nothing else is one', () => {
    fc.assert(fc.property(fc.string(), (text) => !isWellFormed(text) && !isWellFormed(KEY_PREFIX + text)));
    expect(isWellFormed(makeSecret().replace(KEY_PREFIX, 'sk-'))).toBe(false);
  });

  test('are kept as a hash and recognised by a hint, which tell nothing of the middle', () => {
    const secret = makeSecret();
    expect(hashOfSecret(secret)).toMatch(/^[0-9a-f]{64}$/);
    expect(hintOf(secret)).toBe(`${secret.slice(0, 7)}...${secret.slice(-4)}`);
  });
});

test('ids sort as keys were made', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 46), fc.nat(2 ** 46), (a, b) => {
      fc.pre(a !== b);
      return makeKeyId(a) < makeKeyId(b) === a < b && /^key_[1-9A-HJ-NP-Za-km-z]{16}$/.test(makeKeyId(a));
    }),
  );
});
