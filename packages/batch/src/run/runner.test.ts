import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NearhitError } from '@nearhit/core';
import { callerOf, House, requestLine, until } from '../../test/house.ts';

let house: House;
beforeEach(() => {
  house = new House();
});
afterEach(() => house.close());

const a = callerOf('a');
const many = (count: number, prefix = 'q') => Array.from({ length: count }, (_, n) => requestLine(`${prefix}${n}`));

test('each line is asked once and stands in the output file, in order', async () => {
  house.runner();
  const { id } = await house.begin(a, many(250));
  const done = await house.ended(id);
  expect(done).toMatchObject({ status: 'completed', counts: { total: 250, completed: 250, failed: 0 } });
  expect(done.errorFileId).toBeUndefined();
  expect(house.calls).toHaveLength(250);
  expect((await house.linesOf(done.outputFileId)).map(({ custom_id }) => custom_id)).toEqual(
    Array.from({ length: 250 }, (_, n) => `q${n}`),
  );
  expect(await house.batches.results(id, 1, 250)).toEqual([]);
});

test('another runner goes on where one was cut off: nothing is asked again that was answered and kept', async () => {
  let answered = 0;
  house.script = async ({ signal }) => {
    answered += 1;
    if (answered <= 100) return { status: 200, body: '{}' };
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cut'))));
  };
  const first = house.runner({ leaseMs: 200 });
  const { id } = await house.begin(a, many(300));
  await until('a hundred are kept', async () => (await house.batches.results(id, 1, 300)).length === 100);
  // As if it had died: its lease runs out, for nothing prolongs it.
  const { claim } = house.batches;
  house.batches.claim = async (batchId, holder, ms) => (holder === 'heir' ? claim(batchId, holder, ms) : false);
  await until('the lease is over', () => house.batches.claim(id, 'heir', 1));
  house.batches.claim = claim;
  await first.close();
  house.script = async () => ({ status: 200, body: '{}' });
  const before = house.calls.length;
  house.runner();
  const done = await house.ended(id);
  expect(done.counts).toEqual({ total: 300, completed: 300, failed: 0 });
  expect(house.calls.length - before).toBe(200);
  const lines = await house.linesOf(done.outputFileId);
  expect(new Set(lines.map(({ custom_id }) => custom_id)).size).toBe(300);
  expect(new Set(house.calls.map(({ callId }) => callId)).size).toBe(300);
});

test('two runners never work on one batch at the same time', async () => {
  house.runner();
  house.runner();
  const { id } = await house.begin(a, many(400));
  await house.ended(id);
  expect(house.calls).toHaveLength(400);
});

test('at the end of its window the lines that were not answered are told so', async () => {
  house.script = async ({ callId }) => {
    if (callId.endsWith('-21')) house.nowMs += 86_400_000;
    return { status: 200, body: '{}' };
  };
  house.settings = { ...house.settings, concurrency: 1 };
  house.runner();
  const { id } = await house.begin(a, many(2000));
  const done = await house.ended(id);
  expect(done.status).toBe('expired');
  expect(done.expiredAtMs).toBe(house.nowMs);
  const good = await house.linesOf(done.outputFileId);
  const bad = await house.linesOf(done.errorFileId);
  expect(good.length).toBe(house.calls.length);
  expect(good.length + bad.length).toBe(2000);
  expect(new Set([...good, ...bad].map(({ custom_id }) => custom_id)).size).toBe(2000);
  expect(bad.at(-1)).toMatchObject({ custom_id: 'q1999', response: null, error: { code: 'batch_expired' } });
  expect(done.counts).toEqual({ total: 2000, completed: good.length, failed: bad.length });
});

test("one tenant's many lines do not stand before another's few", async () => {
  const order: string[] = [];
  const gates: (() => void)[] = [];
  house.script = ({ caller }) => {
    order.push(caller.tenant);
    return new Promise((resolve) => gates.push(() => resolve({ status: 200, body: '{}' })));
  };
  house.runner();
  const big = await house.begin(a, many(200));
  await until('the first has all places', () => order.length === 4);
  const small = await house.begin(callerOf('b'), many(4));
  await until(
    'the second is being worked on',
    async () => (await house.batches.get(small.id))?.status === 'in_progress',
  );
  const opening = setInterval(() => gates.shift()?.(), 1);
  await house.ended(small.id);
  const done = (await house.batches.results(big.id, 1, 200)).length;
  clearInterval(opening);
  expect(order.slice(4, 16).filter((tenant) => tenant === 'b').length).toBe(4);
  expect(done).toBeLessThan(60);
  for (const open of gates) open();
  house.script = async () => ({ status: 200, body: '{}' });
  const rest = setInterval(() => gates.shift()?.(), 1);
  await house.ended(big.id);
  clearInterval(rest);
});

test('what an own limit holds back waits as often as it must; what a provider refuses is tried again, then given up', async () => {
  const tried = new Map<string, number>();
  house.script = async ({ callId }) => {
    const n = (tried.get(callId) ?? 0) + 1;
    tried.set(callId, n);
    if (callId.endsWith('-1'))
      return n > 20 ? { status: 200, body: '{}' } : { status: 429, body: '{}', retry: { held: true } };
    return { status: 503, body: '{"error":{}}', retry: { held: false } };
  };
  house.runner();
  const { id } = await house.begin(a, many(2));
  // An hour passes in a second.
  const clock = setInterval(() => {
    house.nowMs += 10_000;
  }, 3);
  const done = await house.ended(id).finally(() => clearInterval(clock));
  expect(done.counts).toEqual({ total: 2, completed: 1, failed: 1 });
  expect([...tried.values()].sort((x, y) => x - y)).toEqual([8, 21]);
  expect((await house.linesOf(done.errorFileId))[0]).toMatchObject({ custom_id: 'q1', response: { status_code: 503 } });
});

test('a store that is away for a moment costs nothing; whoever may no longer use the gateway has no batch run', async () => {
  const { putResults } = house.batches;
  let away = 3;
  house.batches.putResults = async (id, results) => {
    if (away-- > 0) throw new NearhitError('STORE_UNAVAILABLE', 'away');
    return putResults(id, results);
  };
  house.runner({
    renew: (caller) => {
      if (caller.tenant === 'b') throw new NearhitError('UNAUTHORIZED', 'revoked');
      return caller;
    },
  });
  const { id } = await house.begin(a, many(10));
  expect((await house.ended(id)).counts).toEqual({ total: 10, completed: 10, failed: 0 });
  expect(house.calls).toHaveLength(10);
  const revoked = await house.begin(callerOf('b'), many(3));
  expect(await house.ended(revoked.id)).toMatchObject({ status: 'failed', faults: [{ code: 'unauthorized' }] });
  expect(house.calls).toHaveLength(10);
});

test('a key that is revoked in the middle: no line of its batch begins any more', async () => {
  let revoked = false;
  house.runner({
    renewMs: 20,
    renew: (caller) => {
      if (revoked) throw new NearhitError('UNAUTHORIZED', 'revoked');
      return caller;
    },
  });
  house.script = async () => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return { status: 200, body: '{}' };
  };
  const { id } = await house.begin(a, many(5000));
  await until('some are answered', () => house.calls.length > 20);
  revoked = true;
  expect(await house.ended(id)).toMatchObject({ status: 'failed', faults: [{ code: 'unauthorized' }] });
  expect(house.calls.length).toBeLessThan(5000);
});

test('an input file that is gone fails the batch, and says so', async () => {
  const { id, inputFileId } = await house.begin(a, many(3));
  await house.files.delete(inputFileId);
  house.runner();
  expect(await house.ended(id)).toMatchObject({ status: 'failed', faults: [{ code: 'input_file_missing' }] });
});
