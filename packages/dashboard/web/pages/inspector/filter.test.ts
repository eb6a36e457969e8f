import { expect, test } from '@jest/globals';
import type { Decision } from '@nearhit/http/admin-types';
import { filterDecisions } from './filter.ts';

const candidate = { entryId: 'e', query: 'stored' };
const DECISIONS = [
  { requestId: 'near', outcome: 'miss', candidate, model: 'a', query: 'Return ticket' },
  { requestId: 'far', outcome: 'miss', model: 'a', query: 'Anything' },
  { requestId: 'semantic', outcome: 'hit', layer: 'semantic', candidate, model: 'b', query: 'ticket' },
  { requestId: 'exact', outcome: 'hit', layer: 'l1', model: 'b', query: 'ticket' },
] as unknown as Decision[];

test.each([
  [{}, ['near', 'far', 'semantic', 'exact']],
  [{ show: 'near' }, ['near']],
  [{ show: 'semantic' }, ['semantic']],
  [{ model: 'b' }, ['semantic', 'exact']],
  [{ text: ' TICKET ' }, ['near', 'semantic', 'exact']],
  [{ text: 'ticket', model: 'a' }, ['near']],
])('%j', (wanted, found) => {
  expect(filterDecisions(DECISIONS, wanted).map(({ requestId }) => requestId)).toEqual(found);
});
