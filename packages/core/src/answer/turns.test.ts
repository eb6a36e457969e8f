import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Candidate, decide } from '../decide/decide.ts';
import type { EntryId, UnitVector } from '../ids.ts';
import type { Embedding } from '../ports/embedder.ts';
import { compareTurns, throughTurns } from './turns.ts';

const QUESTION = 'How do I change my email address?';

/** Every text points the same way, but for those that are told to be `away`; counts the texts. */
function embedder(away: readonly string[] = [], truncated: readonly string[] = []) {
  const asked: string[] = [];
  const embed = async (texts: readonly string[]): Promise<Embedding[]> => {
    asked.push(...texts);
    return texts.map((text) => ({
      vector: (away.includes(text) ? Float32Array.of(0.6, 0.8) : Float32Array.of(1, 0)) as UnitVector,
      tokens: 1,
      truncated: truncated.includes(text),
    }));
  };
  return { asked, embed };
}

const compare = (
  turns: readonly string[],
  stored: readonly string[] | undefined,
  { embed } = embedder(),
  [query, storedQuery] = [QUESTION, QUESTION],
) => compareTurns({ turns, query }, { turns: stored, query: storedQuery }, 0.9, embed);

describe('earlier turns', () => {
  test('that are the same text are the same, and nothing is embedded', async () => {
    const { asked, embed } = embedder();
    const [turns, stored] = [
      ['How do I reset my password?', 'Thanks!'],
      ['  how do I reset my PASSWORD', 'thanks'],
    ];
    expect(await compare(turns, stored, { asked, embed })).toEqual({
      turns: turns.map((turn, at) => ({ asked: turn, stored: stored[at], verdict: 'same-text' })),
    });
    expect(asked).toEqual([]);
  });

  test('that mean the same are, as long as nothing behind them rests on them', async () => {
    const [one, other] = ['How do I reset my password?', 'How can I reset my password?'];
    const { asked, embed } = embedder();
    const verdict = await compare(['Hello', one], ['Hello', other], { asked, embed });
    expect(verdict.refused).toBeUndefined();
    expect(verdict.turns.map((turn) => turn.verdict)).toEqual(['same-text', 'serve']);
    expect(asked).toEqual([one, other]);
    for (const [query, stored] of [
      ['How do I change it?', QUESTION],
      [QUESTION, 'And my email?'],
      ['còn email thì sao?', 'còn email thì sao?'],
    ] as const) {
      const resting = await compare([one], [other], embedder(), [query, stored]);
      expect(resting).toMatchObject({ refused: 'antecedent', turns: [{ verdict: 'antecedent' }] });
    }
    expect((await compare([one], [one], embedder(), ['And my email?', 'And my e-mail?'])).refused).toBeUndefined();
  });

  test('an earlier turn rests on those before it, too', async () => {
    const [one, other] = ['How do I reset my password?', 'How can I reset my password?'];
    expect((await compare([one, 'Why is it so hard?'], [other, 'Why is it so hard?'])).refused).toBe('antecedent');
    expect((await compare(['How old is he?'], ['What age is he?'])).refused).toBe('antecedent');
  });

  test.each([
    ['Who is the king of Spain?', 'Who is the king of France?'],
    ['Do I need 2 eggs?', 'Do I need 3 eggs?'],
    ['Is it safe to swim?', 'Is it unsafe to swim?'],
    ['How do I install Docker on Linux?', 'How do I remove Docker on Linux?'],
  ])('a guard against one refuses them, however near: %s / %s', async (one, other) => {
    expect((await compare([one], [other])).refused).toMatch(/^guard:/);
    expect((await compare([other], [one])).refused).toMatch(/^guard:/);
  });

  test('one that is not near enough, or too long to be embedded whole, refuses them', async () => {
    const [one, other] = ['How do I reset my password?', 'How can I reset my password?'];
    expect((await compare([one], [other], embedder([other]))).refused).toBe('below-threshold');
    expect((await compare([one], [other], embedder([], [one]))).refused).toBe('long-query');
  });

  test('another number of them, or none that were kept, refuses them', async () => {
    expect((await compare(['a'], ['a', 'b'])).refused).toBe('turns');
    expect((await compare(['a'], undefined)).refused).toBe('turns');
    expect((await compare([], [])).refused).toBeUndefined();
  });

  test('who is compared with whom does not matter', async () => {
    const turn = fc.constantFrom(
      ...[
        'How do I reset my password?',
        'How can I reset my password?',
        'How old is he?',
        'Why?',
        'Do I need 2 eggs?',
        'hello',
      ],
    );
    const turns = fc.array(turn, { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(turns, turns, turn, turn, async (a, b, question, other) => {
        const there = await compare(a, b, embedder(), [question, other]);
        const back = await compare(b, a, embedder(), [other, question]);
        expect(there.refused === undefined).toBe(back.refused === undefined);
        if (JSON.stringify(a) === JSON.stringify(b)) expect(there.refused).toBeUndefined();
      }),
    );
  });

  test('an embedder that fails is heard', async () => {
    const embed = () => Promise.reject(new Error('late'));
    await expect(
      compareTurns({ turns: ['a b'], query: QUESTION }, { turns: ['c d'], query: QUESTION }, 0.9, embed),
    ).rejects.toThrow('late');
  });
});

describe('the decision through turns', () => {
  const candidate = (id: string, similarity: number) => ({ id: id as EntryId, query: QUESTION, similarity });
  const judge = async (candidates: readonly Candidate[]) =>
    decide({ query: QUESTION, candidates, policy: { threshold: 0.9, guard: 'standard' } });
  const all = [candidate('a', 0.99), candidate('b', 0.95), candidate('c', 0.5)];

  test('asks about those that it would serve, until one’s turns are the same', async () => {
    const asked: string[] = [];
    const decision = await throughTurns(all, judge, async ({ id }) => {
      asked.push(id);
      return id === 'a' ? { refused: 'turns', turns: [] } : { turns: [] };
    });
    expect(decision).toMatchObject({ kind: 'serve', candidate: { id: 'b' } });
    expect(asked).toEqual(['a', 'b']);
  });

  test('tells of the nearest that it refused', async () => {
    const decision = await throughTurns(all, judge, async () => ({ refused: 'antecedent', turns: [] }));
    expect(decision).toMatchObject({ kind: 'refuse', reason: 'guard:turns', nearest: { id: 'a' } });
    expect(await throughTurns([], judge, async () => undefined)).toMatchObject({ reason: 'no-candidate' });
  });
});
