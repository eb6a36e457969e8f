import { expect, test } from '@jest/globals';
import type { Candidate } from '../decide/decide.ts';
import type { EntryId } from '../ids.ts';
import { POLICY_DEFAULTS } from '../policy/schema.ts';
import type { EmbedOptions } from '../ports/embedder.ts';
import type { NetworkWord, Verifier } from '../ports/verifier.ts';
import type { PreparedRequest } from '../request/prepare.ts';
import { Judging, type JudgingOptions } from './judging.ts';

const NOW = 1_000_000;
const QUESTION = 'What is the way to cancel an order?';
const candidates = ['How do I cancel my order?', 'How can orders be cancelled?'].map(
  (query, i): Candidate => ({ id: `${i}` as EntryId, query, similarity: 0.95 - i / 100 }),
);

/** Judges both candidates, which the verifier refuses; the clock goes on by `askedMs` at each. */
async function judged(options: JudgingOptions, { askedMs = 0, word }: { askedMs?: number; word?: NetworkWord } = {}) {
  let nowMs = NOW;
  const asked: EmbedOptions[] = [];
  const verifier: Verifier = {
    ...{ version: 'v1', bar: 0.75 },
    async verify(pairs, forNetwork = {}) {
      asked.push(forNetwork);
      nowMs += askedMs;
      return pairs.map(() => ({ probability: 0.1, network: word }));
    },
    explain: async () => ({ probability: 0.1, features: [] }),
  };
  const request = {
    ...{ query: QUESTION, controls: {} },
    resolved: { policy: POLICY_DEFAULTS, origin: { threshold: 'built-in' } },
  } as unknown as PreparedRequest;
  const judging = new Judging(request, { verifier, observer: { incident() {} }, now: () => nowMs }, options);
  const decision = await judging.decide(candidates);
  return { asked, basis: judging.basisOf(decision, 'e@1') };
}

test('the network has a share of the look-up’s time, once for all candidates', async () => {
  const { asked } = await judged({ deadlineMs: NOW + 140 }, { askedMs: 30 });
  expect(asked.map(({ deadlineMs }) => deadlineMs)).toEqual([NOW + 40, NOW + 40]);
});

test.each([
  [undefined, 40],
  [NOW + 20, 16],
  [NOW + 3000, 250],
  [NOW - 5, 0],
])('with a deadline of %s it has %s ms', async (deadlineMs, ms) => {
  const { asked } = await judged({ deadlineMs });
  expect((asked[0]?.deadlineMs ?? 0) - NOW).toBeCloseTo(ms, 6);
});

test('it is told whose request it is', async () => {
  const { asked } = await judged({ requestId: 'r1', traceparent: 't1' });
  expect(asked[0]).toMatchObject({ requestId: 'r1', traceparent: 't1' });
});

test.each<[NetworkWord | undefined]>([[{ logit: -1.25 }], [{ silent: 'late' }], [undefined]])(
  'the record holds its word: %j',
  async (word) => {
    const { basis } = await judged({}, word && { word });
    expect(basis.candidates.map(({ network }) => network)).toEqual([word, word]);
    expect(basis.candidates.map((one) => 'network' in one)).toEqual([word !== undefined, word !== undefined]);
  },
);
