import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutText, piecesOf } from './pieces.ts';

function texts(text: string): string[] {
  return piecesOf(text).map((piece) => piece.text);
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

function graphemeEnds(text: string): Set<number> {
  return new Set([...graphemes.segment(text)].map(({ index, segment }) => index + segment.length));
}

/** Text of every kind that has surprised somebody. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        'word ',
        '\r\n',
        '    ',
        '🇻🇳🇩🇪',
        '👩‍👩‍👧‍👦',
        'e\u0301',
        '한국어 ',
        '日本語の文章',
        'ภาษาไทย',
        '\ud83d',
        '\udf89',
      ),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

describe('piecesOf', () => {
  it('cuts prose before spaces, a few words at a time', () => {
    expect(texts('The capital of Denmark is Copenhagen, a city of canals and bicycles.')).toEqual([
      'The capital of Denmark',
      ' is Copenhagen, a city',
      ' of canals and bicycles.',
    ]);
  });

  it('keeps the indentation of code with the line it belongs to', () => {
    expect(texts('function add(a, b) {\n    return a + b;\n}\n')).toEqual([
      'function add(a, b) {',
      '\n    return a + b;\n}\n',
    ]);
  });

  it('cuts text without spaces too', () => {
    const pieces = texts('哥本哈根是丹麦的首都，也是丹麦最大的城市和重要的港口。');
    expect(pieces).toEqual(['哥本哈根是丹麦的首都', '，也是丹麦最大的城市', '和重要的港口。']);
    for (const piece of texts('x'.repeat(1000))) expect(piece.length).toBeLessThanOrEqual(60);
  });

  it('sends long texts in at most about two thousand pieces', () => {
    for (const text of ['word '.repeat(200_000), 'x'.repeat(1_000_000), '字'.repeat(300_000)]) {
      const pieces = texts(text);
      expect(pieces.join('')).toBe(text);
      expect(pieces.length).toBeLessThanOrEqual(4001);
    }
  });

  it('has none for the empty text', () => {
    expect(cutText('')).toEqual([]);
    expect(piecesOf('')).toEqual([]);
  });

  it('joins to the text and never cuts inside a grapheme', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const safe = graphemeEnds(text);
        const ends = cutText(text);
        expect(ends.every((end, i) => end > (ends[i - 1] ?? 0) && safe.has(end))).toBe(true);
        expect(texts(text).join('')).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps one endless grapheme whole', () => {
    const zalgo = `e${'\u0301'.repeat(50_000)}`;
    expect(texts(`${zalgo} end of it all, at last`)[0]).toBe(zalgo);
  });
});

describe('piecesOf with tokens', () => {
  const token = (text: string) => ({ token: text, logprob: -0.5, bytes: [...Buffer.from(text)] });

  it('cuts between tokens', () => {
    const words = [
      'The',
      ' capital',
      ' of',
      ' Den',
      'mark',
      ' is',
      ' Copen',
      'hagen',
      ',',
      ' a',
      ' city',
      ' of canals',
    ];
    const pieces = piecesOf(words.join(''), words.map(token));
    expect(pieces.map((piece) => piece.text)).toEqual([
      'The capital of Denmark',
      ' is Copenhagen, a city',
      ' of canals',
    ]);
    expect(pieces.map((piece) => piece.tokens)).toEqual([
      words.slice(0, 5).map(token),
      words.slice(5, 11).map(token),
      words.slice(11).map(token),
    ]);
  });

  it('keeps the tokens of one character together', () => {
    const party = [...Buffer.from('🎉')];
    const tokens = [
      token('Long enough to be cut here '),
      { token: '\\xf0\\x9f', bytes: party.slice(0, 2) },
      { token: '\\x8e\\x89', bytes: party.slice(2) },
      token(' and long enough again, too'),
      token(''),
    ];
    const pieces = piecesOf('Long enough to be cut here 🎉 and long enough again, too', tokens);
    expect(pieces.map((piece) => [piece.text, piece.tokens?.length])).toEqual([
      ['Long enough to be cut here ', 1],
      ['🎉 and long enough again, too', 4],
    ]);
  });

  it('lets tokens that spell another text ride on the first piece', () => {
    const text = 'A text of more than one piece, for certain.';
    const tokens = [token('something'), token('else')];
    const pieces = piecesOf(text, tokens);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.map((piece) => piece.tokens)).toEqual([tokens, ...pieces.slice(1).map(() => [])]);
    expect(piecesOf(text, [1, null])[0]?.tokens).toEqual([1, null]);
  });

  /** Words and characters of many bytes, long enough for several pieces. */
  const longText = fc
    .array(fc.constantFrom('word ', 'e\u0301', '🎉', '👩‍👩‍👧‍👦', '字', 'x', '\r\n', 'ß'), {
      minLength: 30,
      maxLength: 80,
    })
    .map((parts) => parts.join(''));
  const fewCuts = fc.array(fc.nat(400), { maxLength: 12 });

  function inOrder(cuts: readonly number[], length: number): number[] {
    return [...cuts.filter((cut) => cut < length).sort((a, b) => a - b), length];
  }

  it('loses no token and cuts no grapheme, wherever tokens end', () => {
    fc.assert(
      fc.property(longText, fewCuts, (text, cuts) => {
        const ends = inOrder(cuts, text.length);
        const tokens = ends.map((end, i) => ({ token: text.slice(ends[i - 1] ?? 0, end) }));
        fc.pre(tokens.every(({ token: part }) => part.isWellFormed()));
        const pieces = piecesOf(text, tokens);
        const safe = graphemeEnds(text);
        let end = 0;
        for (const piece of pieces) {
          end += piece.text.length;
          expect(safe.has(end)).toBe(true);
          expect(piece.tokens?.map((each) => (each as { token: string }).token).join('')).toBe(piece.text);
        }
        expect(pieces.flatMap((piece) => piece.tokens)).toEqual(tokens);
      }),
      { numRuns: 500 },
    );
  });

  it('gives tokens cut inside characters to the piece they spell', () => {
    fc.assert(
      fc.property(longText, fewCuts, (text, cuts) => {
        const bytes = Buffer.from(text);
        const ends = inOrder(cuts, bytes.length);
        const tokens = ends.map((end, i) => ({ bytes: [...bytes.subarray(ends[i - 1] ?? 0, end)] }));
        const pieces = piecesOf(text, tokens);
        for (const piece of pieces) {
          const spelled = piece.tokens?.flatMap((each) => (each as { bytes: number[] }).bytes) ?? [];
          expect(Buffer.from(spelled).toString()).toBe(piece.text);
        }
        expect(pieces.flatMap((piece) => piece.tokens)).toEqual(tokens);
      }),
      { numRuns: 500 },
    );
  });
});
