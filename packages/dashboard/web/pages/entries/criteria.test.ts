import { expect, test } from '@jest/globals';
import { criteriaBody } from './criteria.ts';

test.each([
  ['tag', 'doc:42, doc:43,', '', { tags: ['doc:42', 'doc:43'] }],
  ['context', ' 42 ', '', { context: { id: '42' } }],
  ['context', '42', '4', { context: { id: '42', versionBelow: 4 } }],
  ['context', '42', 'v4', { context: { id: '42', versionBelow: 'v4' } }],
  ['namespace', 'support', '', { namespace: 'support' }],
  ['text', 'ticket', '', { text: 'ticket' }],
  ['age', '1.5', '', { olderThanSeconds: 5400 }],
  ['age', 'old', '', undefined],
  ['tag', '  ', '', undefined],
] as const)('%s %s %s', (by, value, version, body) => {
  expect(criteriaBody(by, value, version)).toEqual(body);
});
