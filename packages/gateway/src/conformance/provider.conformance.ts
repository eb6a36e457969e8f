import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { UpstreamCall } from '@nearhit/core';
import type { Gateway } from '../upstream.ts';
import { chatCall, record, until } from './recorder.ts';

export interface ProviderUnderTest {
  readonly upstream: Gateway;
  /** A model that it answers. */
  readonly model: string;
  close(): Promise<void>;
}

/** What every kind of provider promises behind the Upstream port, whatever it talks to. */
export function providerConformance(name: string, open: () => Promise<ProviderUnderTest>): void {
  describe(`provider conformance: ${name}`, () => {
    let subject: ProviderUnderTest;
    const call = (overrides: Partial<UpstreamCall> = {}) => chatCall({ model: subject.model, ...overrides });

    beforeEach(async () => {
      subject = await open();
    });
    afterEach(() => subject.close());

    test('answers JSON: head, data, end, and nothing before send returns', async () => {
      const heard = await record(subject.upstream, call()).done;
      expect(heard.events).toEqual(['head', 'data', 'end']);
      expect(heard.head).toMatchObject({ status: 200, model: subject.model, attempts: 1 });
      expect(heard.head?.headers['content-type']).toMatch(/^application\/json/);
      const body = JSON.parse(heard.text());
      expect(body.object).toBe('chat.completion');
      expect(body.choices[0].message.content.length).toBeGreaterThan(0);
      expect(body.usage.total_tokens).toBe(body.usage.prompt_tokens + body.usage.completion_tokens);
    });

    test('answers SSE, ended by [DONE]', async () => {
      const heard = await record(subject.upstream, call({ stream: true })).done;
      expect(heard.events).toEqual(['head', 'data', 'end']);
      expect(heard.head?.headers['content-type']).toMatch(/^text\/event-stream/);
      const events = heard.text().split('\n\n').filter(Boolean);
      expect(events.at(-1)).toBe('data: [DONE]');
      for (const event of events.slice(0, -1)) {
        expect(JSON.parse(event.replace(/^data: /, '')).object).toBe('chat.completion.chunk');
      }
    });

    test('an aborted call is silent: at once, at its head, in mid-stream', async () => {
      const atOnce = record(subject.upstream, call({ stream: true }));
      atOnce.flow.abort();
      const atHead = record(subject.upstream, call({ stream: true }), {
        on: (event, flow) => event === 'head' && flow.abort(),
      });
      const inStream = record(subject.upstream, call({ stream: true }), {
        on: (event, flow) => event === 'data' && flow.abort(),
      });
      await until(
        () => inStream.events.length === 2 && atHead.events.length === 1,
        'two calls aborted from their sinks',
      );
      await record(subject.upstream, call()).done;
      expect(atOnce.events).toEqual([]);
      expect(atHead.events).toEqual(['head']);
      expect(inStream.events).toEqual(['head', 'data']);
      expect(inStream.chunks).toHaveLength(1);
      expect(subject.upstream.providers().map(({ inFlight }) => inFlight)).toEqual([0]);
    });

    test('a paused call holds its data until it is resumed', async () => {
      const heard = record(subject.upstream, call({ stream: true }), {
        on: (event, flow) => event === 'head' && flow.pause(),
      });
      await until(() => heard.events.length === 1, 'the head');
      await record(subject.upstream, call({ stream: true })).done;
      expect(heard.events).toEqual(['head']);
      heard.flow.resume();
      await heard.done;
      expect(heard.events).toEqual(['head', 'data', 'end']);
      expect(heard.text()).toMatch(/data: \[DONE\]\n\n$/);
    });

    test('pause and resume on every chunk, from within the sink, lose nothing', async () => {
      const plain = await record(subject.upstream, call({ stream: true })).done;
      const heard = record(subject.upstream, call({ stream: true }), {
        on: (event, flow) => {
          if (event !== 'head' && event !== 'data') return;
          flow.pause();
          flow.resume();
          flow.pause();
          setImmediate(() => flow.resume());
        },
      });
      await heard.done;
      const contents = (text: string) => text.replace(/"created":\d+/g, '');
      expect(contents(heard.text())).toBe(contents(plain.text()));
    });

    test('flow control after the end does nothing', async () => {
      const heard = await record(subject.upstream, call()).done;
      heard.flow.pause();
      heard.flow.resume();
      heard.flow.abort();
      heard.flow.abort();
      await record(subject.upstream, call()).done;
      expect(heard.events).toEqual(['head', 'data', 'end']);
    });

    test('counts requests and what is in flight; close() lets the last call finish and refuses new ones', async () => {
      const last = record(subject.upstream, call({ stream: true }));
      expect(subject.upstream.providers()).toMatchObject([{ requests: 1, errors: 0, inFlight: 1 }]);
      const closed = subject.upstream.close();
      const refused = await record(subject.upstream, call()).done;
      expect(refused.events).toEqual(['error']);
      expect(refused.error?.kind).toBe('SHUTTING_DOWN');
      await closed;
      expect(last.events).toEqual(['head', 'data', 'end']);
      expect(subject.upstream.providers()).toMatchObject([{ requests: 1, errors: 0, inFlight: 0 }]);
    });
  });
}
