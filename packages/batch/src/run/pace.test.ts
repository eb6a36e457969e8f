import { afterEach, expect, test } from '@jest/globals';
import { Pace } from './pace.ts';

let pace: Pace | undefined;
afterEach(() => pace?.close());

test('half the places with each sign of haste elsewhere, never none; one more after twenty good lines', () => {
  let more = 0;
  pace = new Pace(
    () => 8,
    () => {
      more += 1;
    },
  );
  expect(pace.limit()).toBe(8);
  pace.busy();
  expect(pace.limit()).toBe(4);
  for (let n = 0; n < 10; n++) pace.busy();
  expect(pace.limit()).toBe(1);
  for (let n = 0; n < 19; n++) pace.good();
  expect([pace.limit(), more]).toEqual([1, 0]);
  pace.good();
  expect([pace.limit(), more]).toEqual([2, 1]);
  for (let n = 0; n < 400; n++) pace.good();
  expect(pace.limit()).toBe(8);
});
