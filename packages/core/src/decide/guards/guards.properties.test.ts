import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFacts } from '../facts.ts';
import { GUARDS } from './index.ts';

const vetoes = (name: string, a: string, b: string): boolean => {
  const guard = GUARDS.find((one) => one.name === name);
  if (guard === undefined) throw new Error(`no guard ${name}`);
  return guard.differs(readFacts(a), readFacts(b)) !== undefined;
};

const two = <T>(...values: T[]) =>
  fc.tuple(fc.constantFrom(...values), fc.constantFrom(...values)).filter(([x, y]) => x !== y);

const NAMES = ['Oslo', 'Rome', 'Quito', 'Bergen', 'Turku', 'Ghent'];
const ANIMALS = ['chó', 'mèo', 'hổ', 'khỉ', 'ngựa'];
const VERBS = ['cắn', 'đuổi', 'bắt', 'giết'];

describe('direction', () => {
  const ways = fc.constantFrom<[string, string]>(['from', 'to'], ['to', 'from']);

  test('the two ends may be named in either order', () => {
    fc.assert(
      fc.property(two(...NAMES), ways, ([x, y], [p, q]) => {
        expect(vetoes('order', `How do I fly ${p} ${x} ${q} ${y}?`, `How do I fly ${q} ${y} ${p} ${x}?`)).toBe(false);
      }),
    );
  });

  test('they are never exchanged, whichever is named first', () => {
    fc.assert(
      fc.property(two(...NAMES), ways, ([x, y], [p, q]) => {
        const asked = `How do I fly ${p} ${x} ${q} ${y}?`;
        expect(vetoes('order', asked, `How do I fly ${p} ${y} ${q} ${x}?`)).toBe(true);
        expect(vetoes('order', asked, `How do I fly ${q} ${x} ${p} ${y}?`)).toBe(true);
      }),
    );
  });
});

describe('passives', () => {
  test('in Vietnamese who acts stays who acts', () => {
    fc.assert(
      fc.property(two(...ANIMALS), fc.constantFrom(...VERBS), ([x, y], verb) => {
        const passive = `Con ${x} bị con ${y} ${verb} ở đâu?`;
        expect(vetoes('order', passive, `Con ${y} ${verb} con ${x} ở đâu?`)).toBe(false);
        expect(vetoes('order', passive, `Con ${x} ${verb} con ${y} ở đâu?`)).toBe(true);
        expect(vetoes('order', passive, `Con ${y} bị con ${x} ${verb} ở đâu?`)).toBe(true);
      }),
    );
  });

  test('one that names nobody is the active of anybody, and of nobody else', () => {
    const verbs = fc.constantFrom(['stopped', 'stop'], ['sealed', 'seal'], ['roasted', 'roast']);
    fc.assert(
      fc.property(fc.constantFrom('we', 'you', 'people', 'I'), verbs, (who, [done, act]) => {
        expect(vetoes('order', `How should the nuts be ${done}?`, `How should ${who} ${act} the nuts?`)).toBe(false);
        expect(vetoes('order', `How should the nuts be ${done} by bears?`, `How should the nuts ${act} bears?`)).toBe(
          true,
        );
      }),
    );
  });
});

describe('numbers', () => {
  test('two that differ always tell questions apart, in digits and in Vietnamese words', () => {
    const words = ['một', 'hai', 'ba', 'bốn', 'năm', 'sáu', 'bảy', 'tám', 'chín'];
    fc.assert(
      fc.property(two(...words.keys()), ([x, y]) => {
        expect(vetoes('number', `Nhà có ${words[x]} người con`, `Nhà có ${words[y]} người con`)).toBe(true);
        expect(vetoes('number', `Nhà có ${x + 1} người con`, `Nhà có ${words[x]} người con`)).toBe(false);
      }),
    );
  });

  test('syllables of other words are none', () => {
    const phrases = ['ít nhất', 'đầu tư', 'hàng năm', 'tỷ lệ', 'triệu chứng', 'nhiều nhất', 'tư vấn', 'năm nay'];
    fc.assert(
      fc.property(two(...phrases), ([x, y]) => {
        expect(vetoes('number', `Vì sao ${x} thay đổi ở đó?`, `Vì sao ${y} thay đổi ở đó?`)).toBe(false);
      }),
    );
  });

  test('in prose a range may be written with any dash; its numbers count', () => {
    const dash = fc.constantFrom('-', ' - ', '--', ' -- ', '–');
    const around = (range: string) =>
      `In the long summer of that year the shop in the old town sold ${range} pairs a day`;
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 50, max: 90 }), dash, dash, (low, high, x, y) => {
        expect(vetoes('number', around(`${low}${x}${high}`), around(`${low}${y}${high}`))).toBe(false);
        expect(vetoes('number', around(`${low}${x}${high}`), around(`${low}${y}${high + 1}`))).toBe(true);
      }),
    );
  });
});

describe('denials', () => {
  test('a litotes passes beside anything but the word that it denies', () => {
    fc.assert(
      fc.property(fc.constantFrom('ít', 'hiếm', 'nhỏ'), (word) => {
        expect(vetoes('negation', `Ở đó có không ${word} người`, `Ở đó có người`)).toBe(false);
        expect(vetoes('negation', `Ở đó có không ${word} người`, `Ở đó có ${word} người`)).toBe(true);
      }),
    );
  });

  test('a word that may stand for a denial fills in for one, and for no second', () => {
    fc.assert(
      fc.property(fc.constantFrom('stop', 'quit', 'overcome'), fc.constantFrom('prevent', 'avoid'), (may, does) => {
        expect(vetoes('negation', `How do I ${may} cramps?`, `How do I ${does} cramps?`)).toBe(false);
        expect(vetoes('negation', `How do I ${may} cramps without pills?`, `How do I ${may} cramps?`)).toBe(true);
        expect(vetoes('negation', `How do I ${does} cramps without pills?`, `How do I ${may} cramps?`)).toBe(true);
      }),
    );
  });
});

describe('places', () => {
  test('a misspelt one is itself, another one is not, with any letters exchanged', () => {
    fc.assert(
      fc.property(fc.constantFrom('finland', 'portugal', 'norway', 'barcelona'), fc.nat(), (place, n) => {
        const at = 1 + (n % (place.length - 2));
        const typo = place.slice(0, at) + place[at + 1] + place[at] + place.slice(at + 2);
        expect(vetoes('entity', `trains in ${typo}`, `trains in ${place}`)).toBe(false);
        expect(vetoes('entity', `trains in hungary`, `trains in ${place}`)).toBe(true);
      }),
    );
  });
});
