import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { NearhitError } from '@nearhit/core';
import pino from 'pino';
import { createLogObserver } from './log-observer.ts';

function logged() {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(line, _encoding, done) {
      lines.push(JSON.parse(String(line)));
      done();
    },
  });
  let nowMs = 0;
  const observer = createLogObserver(pino({ base: undefined }, sink), () => nowMs);
  return { lines, observer, pass: (ms: number) => (nowMs += ms) };
}

test('an incident is told with the reason that callers are not told', () => {
  const { lines, observer } = logged();
  const detail = 'NOAUTH Authentication required.';
  observer.incident(
    'follow-log-failed',
    new NearhitError('STORE_UNAVAILABLE', 'the store is not available', { detail }),
  );
  observer.incident('plain', new Error('no answer'));
  observer.incident('count', 3);
  expect(lines.map(({ incident, why }) => [incident, why])).toEqual([
    ['follow-log-failed', 'the store is not available: NOAUTH Authentication required.'],
    ['plain', 'no answer'],
    ['count', 3],
  ]);
});

test('the same incident is one line in ten seconds', () => {
  const { lines, observer, pass } = logged();
  for (let n = 0; n < 3; n++) observer.incident('away');
  pass(10_000);
  observer.incident('away');
  observer.incident('other');
  expect(lines.map(({ incident }) => incident)).toEqual(['away', 'away', 'other']);
});
