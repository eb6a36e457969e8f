import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFacts } from '../decide/facts.ts';
import { mayServeIdentity } from '../decide/identity.ts';
import { isSameText } from '../decide/same-text.ts';
import type { EntryId, Fingerprint, TenantId } from '../ids.ts';
import { identityKeyOf, identityOf } from './identity.ts';

const scope = { tenant: 'default' as TenantId, namespace: 'default', model: 'm' };
const fingerprint = 'f'.repeat(64) as Fingerprint;
const ask = (query: string, more: object = {}) => identityOf({ scope, fingerprint, query, ...more });

describe('the identity of a request', () => {
  test('is the same for the same question', () => {
    const key = ask('What is the capital of France?')?.key;
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    expect(ask("hi, what's the capital of france")?.key).toBe(key);
    expect(ask('What is the capital of Spain?')?.key).not.toBe(key);
  });

  test('never crosses a scope or a fingerprint', () => {
    const keys = [
      ask('q'),
      ask('q', { scope: { ...scope, tenant: 't' } }),
      ask('q', { scope: { ...scope, namespace: 'n' } }),
      ask('q', { scope: { ...scope, model: 'x' } }),
      ask('q', { fingerprint: 'e'.repeat(64) }),
    ];
    expect(new Set(keys.map((identity) => identity?.key)).size).toBe(5);
  });

  test.each([
    ['tools', 'q', { exactOnly: 'tools' }],
    ['a policy without meaning', 'q', { exactOnly: 'policy' }],
    ['no words', '?!', {}],
    ['a text too long', 'why '.repeat(2000), {}],
  ])('%s has none', (_, query, more) => {
    expect(ask(query, more)).toBeUndefined();
  });

  test('is made once', () => {
    const request = { scope, fingerprint, query: 'q' };
    expect(identityOf(request)).toBe(identityOf(request));
  });
});

const PIECES = [
  'what is',
  'who',
  "don't",
  'do not',
  'Paris',
  'paris',
  'U.S.',
  'US',
  'us',
  '5',
  '5 km',
  'C++',
  'c++',
  '?',
  '!',
  ',',
];
const MORE = [
  'please',
  'hi,',
  'thanks!',
  'x_Y',
  'foo()',
  '"x y"',
  'không',
  'hoà',
  'hòa',
  'bình',
  'MB',
  'Mb',
  '\n',
  '  ',
  '水',
];
const question = fc.oneof(
  fc.array(fc.constantFrom(...PIECES, ...MORE), { maxLength: 6 }).map((pieces) => pieces.join(' ')),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
/** Two that are often one but for their form. */
const pair = fc.oneof(
  fc.tuple(question, question),
  question.map((text): [string, string] => [text, text.toLowerCase()]),
  question.map((text): [string, string] => [text, `Hi, ${text.normalize('NFD')} ??`]),
);

test('equal keys, the same text, and may be served: one and the same where there is an identity', () => {
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const [one, other] = [ask(a), ask(b)];
      const [x, y] = [readFacts(a), readFacts(b)];
      if (one === undefined || other === undefined) return;
      // Without its marks a Vietnamese text is the same as several that are not the same as one another.
      if (x.language === 'vi' || y.language === 'vi') return;
      const equal = one.key === other.key;
      expect(isSameText(x, y)).toBe(equal);
      expect(mayServeIdentity({ form: one.form, query: a, candidate: { id: 'b' as EntryId, query: b } })).toBe(equal);
      expect(identityKeyOf(scope, fingerprint, one.form)).toBe(one.key);
    }),
    { numRuns: 1000 },
  );
});
