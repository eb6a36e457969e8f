import { expect, test } from '@jest/globals';
import { FairSlots } from './fair-slots.ts';

const never = new AbortController().signal;

test('a free place goes to the tenant that has the fewest, then to the one that has waited longest', async () => {
  const slots = new FairSlots(() => 2);
  const order: string[] = [];
  const frees: (() => void)[] = [];
  const ask = (tenant: string) =>
    slots.acquire(tenant, never).then((free) => {
      order.push(tenant);
      frees.push(free as () => void);
    });
  for (const tenant of ['a', 'a', 'a', 'a', 'b', 'c', 'b']) void ask(tenant);
  for (let n = 0; n < 7; n++) {
    await new Promise((resolve) => setImmediate(resolve));
    frees.shift()?.();
  }
  expect(order).toEqual(['a', 'a', 'b', 'a', 'c', 'b', 'a']);
  expect(slots.running).toBe(0);
});

test('giving back twice counts once; whoever leaves does not take a place', async () => {
  const slots = new FairSlots(() => 1);
  const free = await slots.acquire('a', never);
  const leaving = new AbortController();
  const left = slots.acquire('b', leaving.signal);
  leaving.abort();
  expect(await left).toBeUndefined();
  expect(await slots.acquire('b', leaving.signal)).toBeUndefined();
  free?.();
  free?.();
  const [first, second] = [slots.acquire('c', never), slots.acquire('d', never)];
  (await first)?.();
  (await second)?.();
  expect(slots.running).toBe(0);
});

test('a limit that grows is used when it is said so', async () => {
  let limit = 1;
  const slots = new FairSlots(() => limit);
  await slots.acquire('a', never);
  let served = false;
  void slots.acquire('a', never).then(() => {
    served = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(served).toBe(false);
  limit = 2;
  slots.pump();
  await new Promise((resolve) => setImmediate(resolve));
  expect(served).toBe(true);
});
