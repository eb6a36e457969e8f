import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { type DecisionRecord, NearhitError } from '@nearhit/core';
import pino from 'pino';
import { createLogObserver } from './log-observer.ts';
import { openLog } from './process.ts';

function logged() {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(line, _encoding, done) {
      lines.push(JSON.parse(String(line)));
      done();
    },
  });
  let nowMs = 0;
  const settings = { requests: false, prompts: false };
  const observer = createLogObserver(
    pino({ base: undefined }, sink),
    () => nowMs,
    () => settings,
  );
  return { lines, observer, settings, pass: (ms: number) => (nowMs += ms) };
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

const decision = (changes: Partial<DecisionRecord> = {}): DecisionRecord => ({
  ...{ id: 'c-1', requestId: 'r-1', atMs: 0, tenant: 'acme', keyId: 'key-1', namespace: 'n', model: 'gpt-4o' },
  ...({ outcome: 'miss', reason: 'below-threshold' } as const),
  ...{ similarity: 0.812345, threshold: 0.9, query: 'a secret question', stream: true, status: 200 },
  ...{ provider: 'main', upstreamModel: 'gpt-4o-2024', attempts: 2, usage: { promptTokens: 3, completionTokens: 4 } },
  ...{ costUsd: 0.5, savedUsd: 0, latencyMs: 12.34567, firstByteMs: 5, overheadMs: 0.25 },
  ...changes,
});

test('a request is one line, its question only where that is wanted', () => {
  const { lines, observer, settings } = logged();
  observer.record(decision());
  settings.requests = true;
  observer.record(decision());
  settings.prompts = true;
  observer.record(decision({ provider: undefined, outcome: 'hit', layer: 'l1' }));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toEqual({
    ...{ level: 30, time: expect.any(Number), msg: 'request', requestId: 'r-1', callId: 'c-1', tenant: 'acme' },
    ...{ keyId: 'key-1', namespace: 'n', endpoint: 'chat', model: 'gpt-4o', target: 'main/gpt-4o-2024', attempts: 2 },
    ...{ outcome: 'miss', reason: 'below-threshold', similarity: 0.8123, stream: true, status: 200 },
    ...{ promptTokens: 3, completionTokens: 4, costUsd: 0.5, savedUsd: 0 },
    ...{ latencyMs: 12.346, firstByteMs: 5, overheadMs: 0.25 },
  });
  expect(lines[1]).toMatchObject({ outcome: 'hit', layer: 'l1', prompt: 'a secret question' });
});

test('credentials are not written, whatever field or message they are in', () => {
  const written: string[] = [];
  const log = openLog('info', undefined, { write: (line) => void written.push(line) });
  const keys = ['sk-proj-abcdefghijklmnop', 'nh_abcdefghijklmnopqrstuvwxyz', 'AIzaSyA1234567890abcdefghijkl'];
  log.warn({ headers: { authorization: `Bearer ${keys[0]}`, 'x-api-key': keys[1] }, apiKey: keys[2] }, 'one');
  log.warn({ req: { headers: { authorization: keys[0], cookie: 'c=1' } }, provider: { apiKeys: keys } }, 'two');
  log.error({ err: new Error(`Incorrect API key provided: ${keys[0]}`), detail: `Bearer ${keys[1]}` }, 'three');
  log.warn({ why: `redis://user:hunter2@h:6379 ${keys[2]} GET /v1?key=abcdef` }, 'four');
  const text = written.join('');
  for (const key of [...keys, 'c=1', 'hunter2', 'abcdef']) expect(text).not.toContain(key);
  expect(text.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(9);
  expect(written.map((line) => JSON.parse(line).msg)).toEqual(['one', 'two', 'three', 'four']);
});
