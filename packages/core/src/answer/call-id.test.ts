import { afterEach, expect, jest, test } from '@jest/globals';
import { newCallId } from './call-id.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

const UUID_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('ids are UUIDs of version 7, none twice', () => {
  const ids = Array.from({ length: 2000 }, newCallId);
  for (const id of ids) expect(id).toMatch(UUID_7);
  expect(new Set(ids).size).toBe(2000);
});

test('they are in the order of their milliseconds', () => {
  const now = jest.spyOn(Date, 'now');
  const ids = [1_700_000_000_000, 1_700_000_000_001, 1_700_000_070_000, 4_100_000_000_000].map((atMs) => {
    now.mockReturnValue(atMs);
    return newCallId();
  });
  expect([...ids].sort()).toEqual(ids);
  expect(ids.map((id) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))).toEqual([
    1_700_000_000_000, 1_700_000_000_001, 1_700_000_070_000, 4_100_000_000_000,
  ]);
});
