import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { en } from '../messages/en.ts';
import { verdictText, whyOf } from './why.ts';

describe('why', () => {
  test.each([
    [{ outcome: 'hit', layer: 'l1', threshold: 0.9 }, 'The same request was answered before, word for word.'],
    [{ outcome: 'hit', layer: 'semantic', stage: 'identity', threshold: 0.9 }, /but for its form/],
    [{ outcome: 'hit', layer: 'semantic', similarity: 0.95, threshold: 0.9 }, /similarity 0.950, at least 0.90/],
    [{ outcome: 'hit', layer: 'semantic', similarity: 0.95, score: 0.91, threshold: 0.7 }, /gives 91% that/],
    [{ outcome: 'miss', reason: 'guard:number', threshold: 0.9 }, /a guard sees a difference: another number\.$/],
    [
      { outcome: 'miss', reason: 'below-threshold', similarity: 0.5, threshold: 0.9 },
      /similarity 0.500, at least 0.90/,
    ],
    [
      { outcome: 'miss', reason: 'verifier', score: 0.61, bar: 0.75, threshold: 0.7 },
      /only 61% that .* at least 75% is asked for\.$/,
    ],
    [
      { outcome: 'miss', reason: 'no-candidate', exactOnly: 'tools', threshold: 0.9 },
      /word for word only: it uses tools\.$/,
    ],
    [{ outcome: 'bypass', reason: 'not-cacheable:volatile', threshold: 0.9 }, /about now/],
    [{ outcome: 'bypass', reason: 'not-cacheable:new-one', threshold: 0.9 }, 'Not cached: new-one.'],
    [{ outcome: 'miss', reason: 'never-heard-of', threshold: 0.9 }, 'never-heard-of'],
  ])('%j', (decided, text) => {
    expect(whyOf(decided)).toEqual(typeof text === 'string' ? text : expect.stringMatching(text));
  });

  test('a verdict on a candidate', () => {
    expect(verdictText('guard:negation')).toBe('refused: one denies what the other affirms');
    expect(verdictText('serve')).toBe('may be served');
  });

  test('knows every guard by name', () => {
    const folder = join(import.meta.dirname, '../../../core/src/decide/guards');
    const code = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    const names = code.flatMap((text) => [...text.matchAll(/\bname: '([a-z]+)'/g)].map(([, name]) => `guard.${name}`));
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !Object.hasOwn(en, name))).toEqual([]);
  });
});
