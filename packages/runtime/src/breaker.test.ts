import { afterEach, expect, test } from '@jest/globals';
import { gate } from '../../../test/support/sse-reader.ts';
import { until } from '../../../test/support/until.ts';
import { type Breaker, type BreakerOptions, createBreaker } from './breaker.ts';

const opened: Breaker[] = [];
const incidents: string[] = [];

afterEach(() => {
  for (const breaker of opened.splice(0)) breaker.close();
  incidents.length = 0;
});

function breaker(options: Partial<BreakerOptions> = {}): Breaker {
  const observer = { incident: (name: string) => void incidents.push(name) };
  const probe = () => new Promise<void>(() => {});
  const made = createBreaker({ name: 'redis', timeoutMs: 5000, probe, observer, failuresMax: 3, ...options });
  opened.push(made);
  return made;
}

const away = () => Promise.reject(new Error('away'));
const here = async () => 'here';

async function fail(one: Breaker, times: number, work: () => Promise<unknown> = away): Promise<void> {
  for (let n = 0; n < times; n++) await one.run(work).catch(() => undefined);
}

test('failures in a row open it; then a call is refused without being made', async () => {
  const one = breaker();
  await expect(one.run(away)).rejects.toThrow('away');
  await fail(one, 1);
  expect(one.open).toBe(false);
  await fail(one, 1);
  expect(one.open).toBe(true);
  let made = 0;
  await expect(one.run(async () => void made++)).rejects.toThrow('open');
  expect(made).toBe(0);
  expect(incidents).toEqual(['breaker-open:redis']);
});

test('a success in between begins the count anew', async () => {
  const one = breaker();
  for (let n = 0; n < 5; n++) {
    await fail(one, 2);
    expect(await one.run(here)).toBe('here');
  }
  expect(one.open).toBe(false);
});

test('what does not answer in time has failed', async () => {
  const one = breaker({ timeoutMs: 5 });
  await expect(one.run(() => new Promise(() => {}))).rejects.toThrow(/timed out/i);
  await fail(one, 2, () => new Promise(() => {}));
  expect(one.open).toBe(true);
});

test("a caller's own fault is told to the caller and does not open it", async () => {
  const one = breaker({ counts: (error) => (error as Error).message !== 'no unit vector' });
  for (let n = 0; n < 10; n++) {
    await expect(one.run(() => Promise.reject(new Error('no unit vector')))).rejects.toThrow('no unit vector');
  }
  expect(one.open).toBe(false);
  await fail(one, 3);
  expect(one.open).toBe(true);
});

test('a throw that is no rejection counts too', async () => {
  const one = breaker();
  const throwing = (): Promise<never> => {
    throw new Error('at once');
  };
  await expect(one.run(throwing)).rejects.toThrow('at once');
  await fail(one, 2, throwing);
  expect(one.open).toBe(true);
});

test('a probe closes it as soon as the dependency is back, and tells of it once only', async () => {
  let probes = 0;
  let isAway = true;
  const probe = async () => {
    probes += 1;
    if (isAway) throw new Error('away');
  };
  const one = breaker({ probe, probeMs: 5 });
  await fail(one, 3);
  await until('it has asked some times', () => probes >= 3);
  expect(one.open).toBe(true);
  expect(incidents).toEqual(['breaker-open:redis']);
  isAway = false;
  await until('it is closed', () => !one.open);
  expect(await one.run(here)).toBe('here');
  const asked = probes;
  await fail(one, 2);
  expect([one.open, probes]).toEqual([false, asked]);
});

test('while a probe is under way requests are refused: they are not the test', async () => {
  const answered = gate();
  const asked = gate();
  const probe = () => {
    asked.pass();
    return answered.passed;
  };
  const one = breaker({ probe, probeMs: 5 });
  await fail(one, 3);
  await asked.passed;
  let made = 0;
  await expect(one.run(async () => void made++)).rejects.toThrow('open');
  expect(made).toBe(0);
  answered.pass();
  await until('it is closed', () => !one.open);
});

test('a probe that hangs has failed: another one is made', async () => {
  let probes = 0;
  const probe = () => {
    probes += 1;
    return new Promise<void>(() => {});
  };
  const one = breaker({ probe, probeMs: 5, timeoutMs: 5 });
  await fail(one, 3);
  await until('it has asked again', () => probes >= 3);
  expect(one.open).toBe(true);
});

test('closed for good, it asks nobody any more', async () => {
  let probes = 0;
  const one = breaker({
    probeMs: 5,
    probe: async () => {
      probes += 1;
      throw new Error('away');
    },
  });
  await fail(one, 3);
  one.close();
  const asked = probes;
  const other = breaker({ probeMs: 5, probe: here });
  await fail(other, 3);
  await until('another one would have asked', () => !other.open);
  expect(probes).toBe(asked);
  await expect(one.run(here)).rejects.toThrow();
});

test('a new timeout is that of the calls from then on', async () => {
  const one = breaker({ timeoutMs: 5 });
  const slow = () => new Promise((resolve) => setTimeout(resolve, 50, 'late'));
  await expect(one.run(slow)).rejects.toThrow(/timed out/);
  one.timeoutMs = 5000;
  expect(one.timeoutMs).toBe(5000);
  expect(await one.run(slow)).toBe('late');
});
