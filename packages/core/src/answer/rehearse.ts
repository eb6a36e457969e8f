import { decide } from '../decide/decide.ts';
import type { EntryId } from '../ids.ts';
import { POLICY_DEFAULTS } from '../policy/schema.ts';
import type { Verifier } from '../ports/verifier.ts';
import { hasStandingWork } from '../request/standing-work.ts';

const PAIRS = [
  ['How do I reset the password of my account?', "How can I reset my account's password, please?"],
  ['Làm sao để đổi mật khẩu của tài khoản?', 'Cách đổi mật khẩu tài khoản như thế nào ạ?'],
  ['Translate to French: "good night"', 'Translate this sentence into French.\nGood night'],
  ['I lost my card. How do I block it?', 'How do I block a lost card from 2 pm on?'],
] as const;
const ID = '0'.repeat(64) as EntryId;

/**
 * Runs once what a look-up runs. What an engine compiles when it first meets it (rules, word lists) takes longer than a whole look-up may: the
 * first questions of a process would be misses.
 */
export async function rehearse(verifier?: Verifier): Promise<void> {
  hasStandingWork([{ role: 'system', content: 'You are a helpful assistant.' }], 1);
  for (const [a, b] of PAIRS)
    decide({
      query: a,
      candidates: [{ id: ID, query: b, similarity: 0.95 }],
      policy: POLICY_DEFAULTS,
      exhaustive: true,
    });
  await verifier?.verify(PAIRS.map(([a, b]) => ({ a, b, similarity: 0.9 })));
}
