import { expect, test } from '@jest/globals';
import { assembleStream, type JsonObject } from '@nearhit/core';
import { type FakeDialect, HELLO, MODEL } from './fake-dialect.ts';
import type { Origin } from './origin.ts';
import type { Recording } from './recorder.ts';

/** What a client sees of a provider that refuses, breaks off or talks nonsense. */
export function dialectFaults(
  dialect: FakeDialect,
  origin: () => Origin,
  ask: (fields?: JsonObject) => Promise<Recording>,
): void {
  test.each([401, 429, 500, 529])('a refusal with %d: its status, its message, its headers', async (status) => {
    origin().script((_call, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '17', 'x-trace': 't1' });
      response.end(JSON.stringify(dialect.refusal(status, 'So it is.')));
    });
    for (const stream of [false, true]) {
      const { head, text, events } = await ask({ stream });
      expect(events).toEqual(['head', 'data', 'end']);
      expect(head).toMatchObject({ status, headers: { 'retry-after': '17', 'x-trace': 't1' } });
      expect(head?.headers['content-type']).toMatch(/^application\/json/);
      const { error } = JSON.parse(text());
      expect(error).toMatchObject({ message: 'So it is.', param: null });
      expect(typeof error.type).toBe('string');
    }
  });

  test('a refusal that is no JSON', async () => {
    origin().script((_call, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad</h1>'));
    const { head, text } = await ask();
    expect(head?.status).toBe(502);
    if (dialect.passes) return;
    expect(JSON.parse(text()).error).toMatchObject({ type: 'server_error', code: null });
    expect(text()).not.toContain('<h1>');
  });

  test('an error in mid-stream is an error event, and nothing after it counts', async () => {
    const [first = '', second = '', third = '', ...rest] = dialect.events([HELLO], MODEL);
    origin().script((_call, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(first + second + third + dialect.breakdown('Too busy.') + rest.join(''));
    });
    const { text, events } = await ask({ stream: true });
    expect(events).toEqual(['head', 'data', 'end']);
    expect(assembleStream(Buffer.from(text()))).toEqual({ kind: 'incomplete', why: 'error-event' });
    const data = text().match(/^data: (.*"error".*)$/m)?.[1] ?? '';
    expect(JSON.parse(data).error.message).toBe('Too busy.');
    if (!dialect.passes) expect(text()).not.toContain('[DONE]');
  });

  test('what is no answer, with status 200, is an error and has no head', async () => {
    for (const body of ['', '<h1>Welcome</h1>', '[]', '{"hello":1}', '{"content":', '7']) {
      origin().script((_call, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body));
      const { error, events } = await ask();
      // What needs no translation is judged by its form alone here, and by whoever reads it.
      if (dialect.passes && ['[]', '{"hello":1}'].includes(body)) expect(events.at(-1)).toBe('end');
      else {
        expect(events).toEqual(['error']);
        expect(error?.kind).toMatch(/^UPSTREAM_(INVALID|ENDED_EARLY)$/);
        expect(error?.status).toBe(502);
      }
    }
  });

  test('a stream that ends too early is no answer', async () => {
    const events = dialect.events([HELLO], MODEL);
    origin().script((_call, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(events.slice(0, 3).join(''));
    });
    const recording = await ask({ stream: true });
    expect(assembleStream(Buffer.from(recording.text())).kind).toBe('incomplete');
    if (!dialect.passes) expect(recording.error?.kind).toBe('UPSTREAM_ENDED_EARLY');
  });
}
