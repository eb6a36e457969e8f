import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSeal } from './seal.ts';

test('what was sealed is opened with the same secret for the same key, and by nothing else', () => {
  const [house, other] = [createSeal('a'.repeat(32)), createSeal('b'.repeat(32))];
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), fc.nat(), (text, context, wrong, at) => {
      const sealed = house.seal(text, context);
      expect(house.open(sealed, context)).toBe(text);
      expect(other.open(sealed, context)).toBeUndefined();
      if (wrong !== context) expect(house.open(sealed, wrong)).toBeUndefined();
      const place = 3 + (at % (sealed.length - 4));
      const changed = sealed.slice(0, place) + (sealed[place] === 'A' ? 'B' : 'A') + sealed.slice(place + 1);
      expect(house.open(changed, context)).toBeUndefined();
    }),
  );
  expect(house.seal('x', 'y')).not.toBe(house.seal('x', 'y'));
  for (const none of ['', 'v1.', 'v1.abc', 'v2.abc', 'x']) expect(house.open(none, 'y')).toBeUndefined();
});

test('there is no seal without a secret', () => {
  expect(() => createSeal('')).toThrow(TypeError);
});
