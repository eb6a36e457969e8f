import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readHidden } from './hidden.ts';

const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
const smuggled = fc
  .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 })
  .map((text) => [...text].map((c) => String.fromCodePoint(0xe0000 + (c.codePointAt(0) as number))).join(''));

test('what a keyboard types in ASCII hides nothing', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => readHidden(text) === ''));
});

test('a message in tags is found wherever it is put, and told from another', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z ?]{0,30}$/), fc.nat(30), smuggled, smuggled, (text, at, one, other) => {
      const put = (message: string) => text.slice(0, at) + message + text.slice(at);
      expect(readHidden(put(one))).not.toBe('');
      expect(readHidden(put(one)) === readHidden(put(other))).toBe(one === other);
    }),
  );
});

test('never throws, answers code points, and says of what is left in Unicode form the same', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(readHidden(text)).toMatch(/^(?:[0-9a-f]+(?: [0-9a-f]+)*)?$/);
      expect(readHidden(text.normalize('NFC'))).toBe(readHidden(text));
    }),
  );
});

test.each([
  ['Vietnamese taken apart', 'Làm thế nào để hủy?'.normalize('NFD')],
  ['Thai and Hindi', 'ที่นี่คืออะไร क्या यह सही है?'],
  ['Hebrew with points', 'שָׁלוֹם'],
  ['emoji with joiners, tones and selectors', '👩🏽‍🚀 ❤️ 1️⃣ 🏳️‍🌈 🏴‍☠️'],
])('%s hides nothing', (_, text) => {
  expect(readHidden(text)).toBe('');
});
