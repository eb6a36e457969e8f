import { describe, expect, test } from '@jest/globals';
import { readFacts } from '../facts.ts';
import { FACTS_TABLE } from './facts.samples.ts';
import { FORM_TABLE } from './form.samples.ts';
import { GIVEN_TABLE } from './given.samples.ts';
import type { GuardTable } from './guard-table.samples.ts';
import { GUARDS } from './index.ts';
import { MEANING_TABLE } from './meaning.samples.ts';

const TABLE: GuardTable = { ...FORM_TABLE, ...GIVEN_TABLE, ...FACTS_TABLE, ...MEANING_TABLE };

test('every guard has a table', () => {
  expect(GUARDS.map(({ name }) => name).sort()).toEqual(Object.keys(TABLE).sort());
});

describe.each([...GUARDS])('guard $name', (guard) => {
  const { differ, same } = TABLE[guard.name] ?? { differ: [], same: [] };

  test.each(differ)('tells apart: %s | %s', (a, b) => {
    const [x, y] = [readFacts(a), readFacts(b)];
    expect(guard.differs(x, y)).toEqual(expect.any(String));
    expect(guard.differs(y, x)).toBe(guard.differs(x, y));
  });

  test.each(same)('lets pass: %s | %s', (a, b) => {
    const [x, y] = [readFacts(a), readFacts(b)];
    expect(guard.differs(x, y)).toBeUndefined();
    expect(guard.differs(y, x)).toBeUndefined();
  });
});
