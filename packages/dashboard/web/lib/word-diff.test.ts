import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DiffPart, wordDiff } from './word-diff.ts';

const whole = (parts: readonly DiffPart[]): string => parts.map(({ text }) => text).join('');
const marked = (parts: readonly DiffPart[]): string[] =>
  parts.filter(({ same }) => !same).map(({ text }) => text.trim());

describe('wordDiff', () => {
  test.each([
    ['for 2 persons?', 'for 3 persons?', ['2'], ['3']],
    ['from London to Paris', 'from Paris to London', ['London to'], ['to London']],
    ['Python 2.7', 'python 3.7', ['2.7'], ['3.7']],
    ['the same', 'The  same', [], []],
    ['', 'new', [], ['new']],
    ['Vé cho 2 người?', 'Vé cho 2 trẻ em?', ['người'], ['trẻ em']],
  ])('%s and %s', (a, b, onlyA, onlyB) => {
    const diff = wordDiff(a, b);
    expect([marked(diff.a), marked(diff.b)]).toEqual([onlyA, onlyB]);
  });

  const text = fc
    .array(fc.constantFrom('a', 'b', 'B', ' ', '  ', '?', '3.5', 'né', '\n'))
    .map((words) => words.join(''));

  test('loses nothing, and what it calls the same is the same', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const diff = wordDiff(a, b);
        expect([whole(diff.a), whole(diff.b)]).toEqual([a, b]);
        const kept = (parts: readonly DiffPart[]) =>
          whole(parts.filter(({ same }) => same))
            .toLowerCase()
            .replaceAll(/\s+/g, '');
        expect(kept(diff.a)).toBe(kept(diff.b));
      }),
    );
  });

  test('a text and itself differ in nothing', () => {
    fc.assert(fc.property(text, (a) => expect(marked(wordDiff(a, a).a)).toEqual([])));
  });

  test('of very long texts compares beginning and end only', () => {
    const long = (word: string) => `${word} `.repeat(2000);
    const { a, b } = wordDiff(`same ${long('x')}end`, `same ${long('y')}end`);
    expect([a[0]?.text, a.at(-1)?.text, marked(b).length]).toEqual(['same ', ' end', 1]);
  });
});
