import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AuditVerdict } from '../ports/audit-queue.ts';
import { judgeAnswers } from './judge.ts';

const LONG = 'Open the settings, look for the tab called security, and there choose the entry for another one. '.repeat(
  4,
);

/** Two answers, their cosine, and what is to come of them. */
type Row = readonly [a: string, b: string, cosine: number | undefined, verdict: AuditVerdict, why: string];

const TABLE: readonly Row[] = [
  ['It takes 14 days.', 'it takes 14 days', undefined, 'agree', 'same-text'],
  ['**Paris**', 'Paris.', 0.2, 'agree', 'same-text'],
  ['It takes 14 days.', 'It takes 30 days.', 0.99, 'disagree', 'number'],
  ['The limit is 2 km.', 'The limit is 2000 m.', 0.97, 'agree', 'cosine'],
  ['It takes two weeks.', 'That takes 14 days.', 0.96, 'agree', 'cosine'],
  ['It is in Paris.', 'It is in Rome.', 0.97, 'disagree', 'entity'],
  ['On Monday.', 'On Tuesday.', 0.98, 'disagree', 'entity'],
  ['Yes, you can return it.', 'No, you can’t return it.', 0.99, 'disagree', 'yes-no'],
  [`Yes. ${LONG}`, `No. ${LONG}`, 0.99, 'disagree', 'yes-no'],
  ['Có, được.', 'Không, không được.', 0.9, 'disagree', 'yes-no'],
  ['No problem, you can return it.', 'Yes, you can return it.', 0.96, 'unsure', 'guard'],
  ['You can return it.', 'You can’t return it.', 0.98, 'unsure', 'guard:negation'],
  ['You can send it back to us.', 'You may send it back to us.', 0.97, 'agree', 'cosine'],
  ['You can send it back.', 'Ask the team for help with it.', 0.7, 'unsure', 'cosine'],
  ['The moon moves the seas.', 'Bake it for an hour, then let it rest.', 0.05, 'disagree', 'cosine'],
  ['I’m sorry, I can’t help with that.', 'Bake it for an hour.', 0.05, 'unsure', 'refusal'],
  ['```js\nlet a = 1\n```', '```js\nconst a = 1\n```', 0.97, 'unsure', 'code'],
  // In a long answer figures may be examples: no contradiction, and no agreement either.
  [`${LONG} For example 14 days.`, `${LONG} For example 30 days.`, 0.99, 'unsure', 'guard'],
  [LONG, `${LONG} And more.`, undefined, 'unsure', 'too-long'],
  ['{"a": 1, "b": "x"}', '{ "b": "X ", "a": 1 }', 0.1, 'agree', 'same-json'],
  ['```json\n{"ok":true}\n```', '{"ok": false}', 0.99, 'disagree', 'json'],
  ['{"a": 1, "b": "x"}', '{"a": 1, "b": "y"}', 0.99, 'unsure', 'json'],
  ['{"a": 1}', '{"c": 1}', 0.99, 'unsure', 'json'],
  ['[1, 2, 3, 4, 5, 6]', '[1, 2, 3, 4, 5, 7]', 0.99, 'unsure', 'json'],
  ['{"a": 1}', 'a is 1', 0.9, 'unsure', 'cosine'],
];

test.each(TABLE)('%s | %s', (a, b, cosine, verdict, why) => {
  const judged = judgeAnswers(a, b, cosine);
  expect([judged.verdict, judged.why.startsWith(why)]).toEqual([verdict, true]);
});

describe('whatever the answers are', () => {
  const words = fc.array(
    fc.constantFrom('yes', 'no', 'not', 'Paris', 'Rome', '14', '30', 'days', 'sorry', '{"a":1}', '```', 'it', 'takes'),
    { maxLength: 12 },
  );
  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    words.map((some) => some.join(' ')),
  );
  const cosine = fc.option(fc.double({ min: -1, max: 1 }), { nil: undefined });

  test('which one came first makes no difference', () => {
    fc.assert(
      fc.property(text, text, cosine, (a, b, near) => {
        expect(judgeAnswers(a, b, near)).toEqual(judgeAnswers(b, a, near));
      }),
    );
  });

  test('an answer agrees with itself, and with itself in other type', () => {
    fc.assert(
      fc.property(text, cosine, (a, near) => {
        expect(judgeAnswers(a, `  ${a} \n`, near).verdict).toBe('agree');
      }),
    );
  });

  test('without a cosine nothing but sameness agrees; nor does one that is no number', () => {
    fc.assert(
      fc.property(text, text, fc.constantFrom(undefined, Number.NaN), (a, b, near) => {
        const { verdict, why } = judgeAnswers(a, b, near);
        if (verdict === 'agree') expect(why).toMatch(/^same/);
      }),
    );
  });

  test('a higher cosine never turns agreement into anything else', () => {
    fc.assert(
      fc.property(text, text, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, near) => {
        if (judgeAnswers(a, b, near).verdict === 'agree') expect(judgeAnswers(a, b, 1).verdict).toBe('agree');
      }),
    );
  });
});
