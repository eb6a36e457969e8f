import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFacts } from '../facts.ts';
import { PAIR_FEATURES, pairFeaturesOf } from './features.ts';
import { Lexicon } from './lexicon.ts';
import { frameOf } from './question-frames.ts';

interface Entry {
  readonly word: string;
  readonly vector: readonly [number, number];
  readonly senses?: readonly number[];
  readonly family?: number;
}

/** The bytes of a lexicon of two dimensions; `hypernyms[s]` is what meaning `s` is a kind of. */
function lexiconBytes(
  entries: readonly Entry[],
  hypernyms: readonly number[],
  opposites: readonly [number, number][],
): Buffer {
  const text = Buffer.from(entries.map(({ word }) => word).join('\n'));
  const senses = entries.flatMap((entry) => entry.senses ?? []);
  const header = {
    version: 'test',
    words: entries.length,
    dimensions: 2,
    synsets: hypernyms.length,
    textBytes: text.length,
    senses: senses.length,
    opposites: opposites.length,
  };
  const part = (bytes: ArrayBufferView | Buffer) => {
    const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Buffer.concat([raw, Buffer.alloc((4 - (raw.length % 4)) % 4)]);
  };
  return Buffer.concat([
    part(Buffer.from(`NHLEX1\n${JSON.stringify(header)}\n`)),
    part(text),
    part(Int8Array.from(entries.flatMap(({ vector }) => vector))),
    part(Uint16Array.from(entries, ({ family }) => family ?? 0)),
    part(Uint8Array.from(entries, (entry) => entry.senses?.length ?? 0)),
    part(Uint32Array.from(senses)),
    part(Uint32Array.from(hypernyms)),
    part(Uint16Array.from(opposites.flat())),
  ]);
}

const BYTES = lexiconBytes(
  [
    { word: 'buy', vector: [100, 10], senses: [1] },
    { word: 'purchase', vector: [90, 20], senses: [1], family: 1 },
    { word: 'purchases', vector: [90, 22], senses: [1], family: 1 },
    { word: 'dog', vector: [10, 100], senses: [2] },
    { word: 'wolf', vector: [20, 100], senses: [3] },
    { word: 'animal', vector: [0, 90], senses: [4] },
    { word: 'rise', vector: [-50, 50] },
    { word: 'fall', vector: [-50, 40] },
  ],
  [0, 0, 4, 4, 0],
  [[6, 7]],
);
const LEXICON = new Lexicon(BYTES);
const id = (word: string) => LEXICON.idOf(word) ?? -1;

function feature(name: string, a: string, b: string, similarity = 0.9): number {
  const at = PAIR_FEATURES.findIndex((found) => found.name === name);
  return pairFeaturesOf(readFacts(a), readFacts(b), similarity, LEXICON)[at] ?? Number.NaN;
}

describe('lexicon', () => {
  test('knows words, how near they are and how they are related', () => {
    expect(LEXICON.idOf('dog')).toBe(3);
    expect(LEXICON.idOf('cat')).toBeUndefined();
    expect(LEXICON.similarity(id('buy'), id('purchase'))).toBeGreaterThan(0.95);
    expect(LEXICON.similarity(id('buy'), id('animal'))).toBeLessThan(0.2);
    expect(LEXICON.relation(id('buy'), id('purchase'))).toMatchObject({ synonym: true, sibling: false });
    expect(LEXICON.relation(id('dog'), id('wolf'))).toMatchObject({ synonym: false, sibling: true });
    expect(LEXICON.relation(id('animal'), id('dog'))).toMatchObject({ kind: true, sibling: false });
    expect(LEXICON.relation(id('fall'), id('rise'))).toMatchObject({ antonym: true });
    expect(LEXICON.isFamily(id('purchase'), id('purchases'))).toBe(true);
    expect(LEXICON.isFamily(id('dog'), id('wolf'))).toBe(false);
  });

  test('refuses bytes that are no lexicon, or not all of one', () => {
    expect(() => new Lexicon(Buffer.from('hello'))).toThrow('this is no lexicon');
    expect(() => new Lexicon(BYTES.subarray(0, BYTES.length - 8))).toThrow('cut short');
  });

  test('reads bytes wherever they lie in their buffer', () => {
    const shifted = Buffer.concat([Buffer.from('x'), BYTES]).subarray(1);
    expect(new Lexicon(shifted).similarity(0, 1)).toBe(LEXICON.similarity(0, 1));
  });
});

test.each([
  ['How do I bake bread?', 'how'],
  ['What is the best way to bake bread?', 'how'],
  ['Is there any way to bake bread?', 'how'],
  ['Làm thế nào để nướng bánh mì?', 'how'],
  ['What is the reason for inflation?', 'why'],
  ['What are some good novels?', 'list'],
  ['What is gravity?', 'what'],
  ['Who painted it?', 'who'],
  ['How many moons has Mars?', 'count'],
  ['Does bread rise?', 'yes-no'],
  ['Explain gravity', 'what'],
  ['Can you explain how to bake bread?', 'how'],
  ['Does anyone know where bats sleep?', 'where'],
  ['How is asthma treated?', 'how'],
  ['Howard walks', 'none'],
  ['', 'none'],
])('%s opens as %s', (text, kind) => {
  expect(frameOf(readFacts(text).tokens).kind).toBe(kind);
});

describe('features', () => {
  test.each([
    ['sub:synonym', 'Where can I buy bread?', 'Where can I purchase bread?'],
    ['sub:sibling', 'How do I train a dog?', 'How do I train a wolf?'],
    ['sub:kind', 'How do I train a dog?', 'How do I train an animal?'],
    ['sub:typo', 'How do I visit Reykjavik?', 'How do I visit Reykjavikk?'],
    ['sub:typo', 'How do I feed my dog?', 'How do I feed my dgo?'],
    ['sub:opposite', 'Will the water rise?', 'Will the water fall?'],
    ['sub:form', 'Are purchase lists kept?', 'Are purchases lists kept?'],
  ])('%s', (name, a, b) => {
    if (name === 'sub:form') expect(feature('coverage', a, b)).toBe(1);
    else expect(feature(name, a, b)).toBeGreaterThan(0);
    expect(feature(name, a, a)).toBe(0);
  });

  test('an inserted word, a dropped clause and a swap show', () => {
    const base = 'How do I train a dog in Bern?';
    expect(feature('insertedBeside', base, 'How do I train a wooden dog in Bern?')).toBe(1);
    expect(feature('insertedBehind', 'How do I train a dog?', 'How do I train a dog on ice?')).toBe(1);
    expect(feature('grammar:link', 'How do I train a dog?', 'How do I train a dog if it bites?')).toBe(1);
    expect(feature('reversed', 'Do dogs chase cats?', 'Do cats chase dogs?')).toBe(2);
    expect(feature('polar', 'Do plants sleep?', 'How do plants sleep?')).toBe(1);
    expect(feature('polar', 'What are plants?', 'How do plants grow?')).toBe(0);
  });

  test('words written as one, and initials, are the same words', () => {
    expect(feature('restMax', 'What is java script?', 'What is javascript?')).toBe(0);
    expect(feature('restMax', 'Where is the World Trade Organisation based?', 'Where is the WTO based?')).toBe(0);
  });

  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc
      .array(
        fc.constantFrom(
          'how',
          'do',
          'I',
          'buy',
          'purchase',
          'dogs',
          'Wolf',
          '12',
          'không',
          'má',
          '?',
          ',',
          '\u0000',
          '😀',
          'مرحبا',
        ),
        {
          maxLength: 40,
        },
      )
      .map((words) => words.join(' ')),
  );
  const anySimilarity = fc.oneof(fc.double(), fc.double({ min: 0.5, max: 1 }));

  test('are finite and the same in both directions, for any texts', () => {
    fc.assert(
      fc.property(anyText, anyText, anySimilarity, (a, b, similarity) => {
        const [x, y] = [readFacts(a), readFacts(b)];
        const there = pairFeaturesOf(x, y, similarity, LEXICON);
        expect(there).toEqual(pairFeaturesOf(y, x, similarity, LEXICON));
        expect(there).toHaveLength(PAIR_FEATURES.length);
        expect(there.every(Number.isFinite)).toBe(true);
      }),
    );
  });

  test('of one text with itself find no difference', () => {
    fc.assert(
      fc.property(anyText, (a) => {
        expect(feature('restMax', a, a, 1)).toBe(0);
        expect(feature('coverage', a, a, 1)).toBeCloseTo(1);
        expect(feature('inversions', a, a, 1)).toBe(0);
      }),
    );
  });

  test.each([['a'.repeat(100_000)], ['a b '.repeat(25_000)], ['ạ'.repeat(2000)], ['a '.repeat(2040)]])(
    'long texts are read in bounded time',
    (text) => {
      expect(pairFeaturesOf(readFacts(text), readFacts(`${text}x`), 0.9, LEXICON).every(Number.isFinite)).toBe(true);
    },
  );
});
