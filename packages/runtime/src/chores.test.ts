import { afterEach, expect, test } from '@jest/globals';
import { gate } from '../../../test/support/sse-reader.ts';
import { until } from '../../../test/support/until.ts';
import { Chores } from './chores.ts';

const opened: Chores[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
});

function room() {
  const incidents: [name: string, why: unknown][] = [];
  const chores = new Chores({ incident: (name, why) => void incidents.push([name, (why as Error).message]) });
  opened.push(chores);
  return { chores, incidents };
}

test('one kind never runs twice at once, and comes again when it has ended', async () => {
  const { chores } = room();
  const first = gate();
  let begun = 0;
  let other = 0;
  chores.every(1, 'slow-failed', () => {
    begun += 1;
    return first.passed;
  });
  chores.every(1, 'other-failed', async () => void other++);
  await until('the other kind has had many turns', () => other > 10);
  expect(begun).toBe(1);
  first.pass();
  await until('it comes again', () => begun > 1);
});

test('one that fails, by throwing too, is an incident and is tried again', async () => {
  const { chores, incidents } = room();
  let turns = 0;
  chores.every(1, 'upkeep-failed', () => {
    turns += 1;
    if (turns === 1) throw new Error('thrown');
    return turns === 2 ? Promise.reject(new Error('rejected')) : Promise.resolve();
  });
  await until('it has gone well', () => turns > 2);
  expect(incidents).toEqual([
    ['upkeep-failed', 'thrown'],
    ['upkeep-failed', 'rejected'],
  ]);
});

test('closing begins nothing more and waits for what runs', async () => {
  const { chores } = room();
  const running = gate();
  let turns = 0;
  let ended = false;
  chores.once('once-failed', async () => {
    await running.passed;
    ended = true;
  });
  chores.every(1, 'often-failed', async () => void turns++);
  await until('there was a turn', () => turns > 0);
  const closing = chores.close();
  expect(chores.stopped).toBe(true);
  const before = turns;
  let closed = false;
  void closing.then(() => (closed = true));
  const { chores: others } = room();
  let otherTurns = 0;
  others.every(1, 'other-failed', async () => void otherTurns++);
  await until('time has passed', () => otherTurns > 5);
  expect([turns, ended, closed]).toEqual([before, false, false]);
  running.pass();
  await closing;
  expect(ended).toBe(true);
});

test('an attempt resolves however it ends', async () => {
  const { chores, incidents } = room();
  await chores.attempt('flush-failed', () => Promise.reject(new Error('no space left')));
  await chores.attempt('flush-failed', async () => 'done');
  expect(incidents).toEqual([['flush-failed', 'no space left']]);
});
