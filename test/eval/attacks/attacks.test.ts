import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { decide, type EntryId, POLICY_DEFAULTS } from '@nearhit/core';

interface Attack {
  readonly kind: string;
  readonly victim: string;
  readonly attack: string;
  /** Cosine of the two, as the bundled model has it. */
  readonly similarity: number;
}

/** Made by build.mjs. */
const attacks: Attack[] = readFileSync(new URL('../../fixtures/attacks.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

const isServed = (stored: string, asked: string, similarity: number): boolean =>
  decide({
    query: asked,
    candidates: [{ id: 'a'.repeat(64) as EntryId, query: stored, similarity }],
    policy: POLICY_DEFAULTS,
  }).kind === 'serve';

function countedByKind(some: readonly Attack[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of some) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** As docs/security.md has it. */
const THROUGH = { 'suffix-short': 2 };

test('what an attacker has stored is served for the victim as rarely as has been measured', () => {
  expect(attacks).toHaveLength(452);
  const planted = attacks.filter(({ victim, attack, similarity }) => isServed(attack, victim, similarity));
  expect(countedByKind(planted)).toEqual(THROUGH);
});

test('nor does an attacker get what the victim has stored more often', () => {
  const taken = attacks.filter(({ victim, attack, similarity }) => isServed(victim, attack, similarity));
  expect(countedByKind(taken)).toEqual(THROUGH);
});

test('plain cosine lets through far more: the attacks are real ones', () => {
  expect(attacks.filter(({ similarity }) => similarity >= 0.8)).toHaveLength(287);
  expect(attacks.filter(({ similarity }) => similarity >= 0.9)).toHaveLength(155);
});
