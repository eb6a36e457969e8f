import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { EntryId } from '../ids.ts';
import { type Candidate, decide } from './decide.ts';
import { readFacts } from './facts.ts';
import { GUARDS } from './guards/index.ts';
import { QUESTION_LENGTH_MAX } from './text/normalise.ts';

const candidate = (query: string, similarity: number): Candidate => ({ id: query as EntryId, query, similarity });
const ask = (query: string, ...candidates: Candidate[]) =>
  decide({ query, candidates, policy: { threshold: 0.9, guard: 'standard' } });

describe('decide', () => {
  test('no candidate', () => {
    expect(ask('hello')).toEqual({ kind: 'refuse', reason: 'no-candidate', verdicts: [] });
  });

  test('serves a paraphrase at the threshold', () => {
    const near = candidate('How can I learn to swim?', 0.9);
    expect(ask('How do I learn to swim?', near)).toMatchObject({ kind: 'serve', candidate: near });
  });

  test('below the threshold', () => {
    const near = candidate('How can I learn to swim?', 0.8999);
    expect(ask('How do I learn to swim?', near)).toMatchObject({
      kind: 'refuse',
      reason: 'below-threshold',
      nearest: near,
    });
  });

  test.each([
    ['What is 15% of 200?', 'What is 15% of 300?', 'guard:number'],
    ['How do I install Python 2.7?', 'How do I install Python 3.7?', 'guard:version'],
    ['Who won in 2014?', 'Who won in 2018?', 'guard:date'],
    ['a 5 km run', 'a 5 mile run', 'guard:unit'],
    ['What does foo_bar do?', 'What does foo_baz do?', 'guard:code'],
    ['Why do birds fly?', 'Why do birds not fly?', 'guard:negation'],
    ['Who was Barack Obama?', 'Who was Donald Trump?', 'guard:name'],
    ['Trains from London to Paris', 'Trains from Paris to London', 'guard:order'],
    ['When was pizza invented?', 'Where was pizza invented?', 'guard:question'],
    ['What does "carpe diem" mean?', 'What does "tempus fugit" mean?', 'guard:quoted'],
    ['What is the capital of France?', 'Thủ đô của Pháp là gì?', 'guard:language'],
  ])('%s is not %s: %s', (stored, query, reason) => {
    expect(ask(query, candidate(stored, 0.99))).toMatchObject({ kind: 'refuse', reason });
  });

  test('goes on after a veto, and serves the next', () => {
    const other = candidate('What is 15% of 300?', 0.99);
    const same = candidate('Calculate 15% of 200', 0.93);
    const decision = ask('What is 15% of 200?', other, same);
    expect(decision).toMatchObject({ kind: 'serve', candidate: same });
    expect(decision.verdicts.map(({ verdict }) => verdict)).toEqual(['guard:number', 'serve']);
  });

  test("gives the nearest candidate's reason", () => {
    const decision = ask('What is 15% of 200?', candidate('What is 15% of 300?', 0.99), candidate('cats', 0.1));
    expect(decision).toMatchObject({ kind: 'refuse', reason: 'guard:number', nearest: { similarity: 0.99 } });
  });

  test('the same words but for form are the same question', () => {
    const stored = candidate("What's  the “best” way to learn C++?", 1);
    for (const query of [
      'WHAT IS THE "BEST" WAY TO LEARN C++',
      'Hi, could you please tell me what is the "best" way to learn C++? Thanks!',
      'what\'s the "best"\nway to learn c++ ...',
    ])
      expect(ask(query, stored)).toMatchObject({ kind: 'serve' });
    expect(ask("What's the best way to learn C#?", stored)).toMatchObject({ kind: 'refuse' });
  });

  test('Unicode forms are the same question', () => {
    const query = 'Đường này đến đâu?';
    expect(ask(query.normalize('NFD'), candidate(query.normalize('NFC'), 1))).toMatchObject({ kind: 'serve' });
  });

  test('level off asks no guard, strict asks more', () => {
    const stored = [candidate('How do I lead a team?', 0.95)];
    const at = (guard: 'off' | 'standard' | 'strict', query: string, candidates = stored) =>
      decide({ query, candidates, policy: { threshold: 0.9, guard } });
    expect(at('off', 'Why do I not lead 3 teams?')).toMatchObject({ kind: 'serve' });
    expect(at('standard', 'How do I build a team?')).toMatchObject({ kind: 'serve' });
    expect(at('strict', 'How do I build a team?')).toMatchObject({ kind: 'refuse', reason: 'guard:content' });
  });

  test('exhaustive shows every guard of every candidate', () => {
    const candidates = [candidate('Why do birds not fly?', 0.99), candidate('Where do 2 birds fly?', 0.2)];
    const decision = decide({
      query: 'Why do birds fly?',
      candidates,
      policy: { threshold: 0.9, guard: 'strict' },
      exhaustive: true,
    });
    expect(decision.verdicts.map(({ verdict }) => verdict)).toEqual(['guard:negation', 'below-threshold']);
    for (const { guards } of decision.verdicts)
      expect(guards?.map(({ guard }) => guard)).toEqual(GUARDS.map((g) => g.name));
    const vetoes = decision.verdicts[1]?.guards?.filter(({ differs }) => differs !== undefined);
    expect(vetoes?.map(({ guard }) => guard)).toEqual(['number', 'question']);
  });

  test('NaN and impossible similarities are never served', () => {
    for (const similarity of [Number.NaN, -1, Number.NEGATIVE_INFINITY])
      expect(ask('cats', candidate('cats', similarity))).toMatchObject({ kind: 'refuse', reason: 'below-threshold' });
  });

  test('long questions: identity or nothing', () => {
    const long = 'Why do birds fly, and when? '.repeat(4000);
    expect(long.length).toBeGreaterThan(100_000);
    expect(ask(long, candidate(long.toUpperCase(), 1))).toMatchObject({ kind: 'serve' });
    expect(ask(`${long}x`, candidate(long, 1))).toMatchObject({ kind: 'refuse', reason: 'guard:length' });
  });

  test.each(['.', 'a', 'A', ' ', '0', '-', '"', "'", '`', 'x_', 'a.', '1,', 'not ', 'và ', '\u0301', '\ud800', '()'])(
    'a run of %j costs bounded time',
    (unit) => {
      for (const size of [QUESTION_LENGTH_MAX, 100_000]) {
        const text = unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
        expect(ask(`${text}?!x`, candidate(`${text}y`, 1)).kind).toMatch(/serve|refuse/);
      }
    },
  );
});

const PIECES = [
  'what is', 'who', 'why', 'not', "don't", 'never', 'from', 'to', 'by', 'and', 'or', 'than', 'Paris', 'London', 'is', 'was',
  'stolen', 'five', '5', '5 km', '$10', '2.7', 'Python', 'C++', 'foo_bar', '"x y"', 'best', 'worst', 'không', 'bao nhiêu',
  'người', 'ма', '水', ',', '.', '?', 'He', 'her', 'in French', 'two hundred', '1,000', 'v2', 'May', '2016', '--flag', '+',
]; // biome-ignore format: a list of words
const question = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join(' ')),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
);

describe('guards, whatever the text', () => {
  test('a question does not differ from itself', () => {
    fc.assert(
      fc.property(question, (text) => {
        for (const guard of GUARDS) expect(guard.differs(readFacts(text), readFacts(text))).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test('the order of the two does not matter', () => {
    fc.assert(
      fc.property(question, question, (a, b) => {
        const [x, y] = [readFacts(a), readFacts(b)];
        for (const guard of GUARDS) expect(guard.differs(x, y)).toBe(guard.differs(y, x));
      }),
      { numRuns: 500 },
    );
  });

  test('decide is total and symmetric', () => {
    fc.assert(
      fc.property(question, question, fc.double(), (a, b, similarity) => {
        const one = ask(a, candidate(b, similarity));
        const other = ask(b, candidate(a, similarity));
        expect(one.kind).toBe(other.kind);
        expect(one.verdicts[0]?.verdict).toBe(other.verdicts[0]?.verdict);
      }),
      { numRuns: 500 },
    );
  });
});
