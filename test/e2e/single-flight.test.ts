import { describe, expect, test } from '@jest/globals';
import { Client } from 'undici';
import { cacheOf } from '../support/client.ts';
import { answerPlainly, chunk, completion, sendJson, sseHead } from '../support/fake-upstream.ts';
import { describeModes } from '../support/room.ts';
import { gate, SseReader } from '../support/sse-reader.ts';

const BOOM = { error: { message: 'boom', type: 'server_error', param: null, code: null } };
/** Not to be tried again: what is looked at here is who makes the next call. */
const FOR_GOOD = { 'x-should-retry': 'false' };

describeModes((t) => {
  /** Waits until so many requests share the one call: the gateway has no other way to be seen at this. */
  async function inFlight(count: number): Promise<void> {
    for (;;) {
      const { json } = await t.gateway.admin('GET', '/providers');
      if (json.providers[0].inFlight >= count) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  describe('single flight', () => {
    test.each([false, true])('a hundred equal requests make one call (stream: %s)', async (stream) => {
      const open = gate();
      t.upstream.script = async (call, res, turn) => {
        await open.passed;
        answerPlainly(call, res, turn);
      };
      const question = `How many are we? stream ${stream}`;
      const asked = Array.from({ length: 100 }, () => t.gateway.ask(question, { stream }));
      await inFlight(1);
      open.pass();
      const replies = await Promise.all(asked);
      expect(t.upstream.calls).toHaveLength(1);
      expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
      for (const { text } of replies) expect(text).toContain(stream ? '[DONE]' : question);
    });

    test('JSON and stream clients share one call, each in its own form', async () => {
      const open = gate();
      t.upstream.script = async (call, res, turn) => {
        await open.passed;
        answerPlainly(call, res, turn);
      };
      const first = t.gateway.ask('Which form do you like?', { stream: true });
      await t.upstream.called(1);
      const others = [
        t.gateway.ask('Which form do you like?'),
        t.gateway.ask('Which form do you like?', { stream: true }),
      ];
      open.pass();
      const [streamed, json, again] = await Promise.all([first, ...others]);
      expect(t.upstream.calls).toHaveLength(1);
      expect(json?.json.choices[0].message.content).toBe('answer to: Which form do you like?');
      expect(again?.text).toContain('[DONE]');
      expect(streamed?.text).toContain('[DONE]');
    });

    test('a late joiner of a stream gets what was sent so far, then follows live', async () => {
      const rest = gate();
      t.upstream.script = async (call, res) => {
        sseHead(res);
        res.write(chunk(call, { role: 'assistant', content: 'first' }));
        await rest.passed;
        res.write(chunk(call, { content: ' second' }));
        res.end(`${chunk(call, {}, 'stop')}data: [DONE]\n\n`);
      };
      const leader = await SseReader.ask(t.gateway.url, 'Join me late?');
      await leader.until('first');
      const joiner = await SseReader.ask(t.gateway.url, 'Join me late?');
      await joiner.until('first');
      expect(joiner.headers['x-nearhit-reason']).toMatch(/^joined:/);
      expect(joiner.text).not.toContain('second');
      rest.pass();
      await Promise.all([leader.until('[DONE]'), joiner.until('[DONE]')]);
      expect(joiner.text).toBe(leader.text);
      expect(t.upstream.calls).toHaveLength(1);
    });

    test("the leader's client leaving does not end it for the others", async () => {
      const rest = gate();
      t.upstream.script = async (call, res) => {
        sseHead(res);
        res.write(chunk(call, { role: 'assistant', content: 'first' }));
        await rest.passed;
        res.end(`${chunk(call, { content: ' second' }, 'stop')}data: [DONE]\n\n`);
      };
      const leader = await SseReader.ask(t.gateway.url, 'Will you stay?');
      await leader.until('first');
      const joiner = await SseReader.ask(t.gateway.url, 'Will you stay?');
      await joiner.until('first');
      leader.leave();
      rest.pass();
      await joiner.until('[DONE]');
      expect(joiner.text).toContain('second');
      expect(cacheOf(await t.gateway.ask('Will you stay?'))).toMatchObject({ cache: 'hit' });
      expect(t.upstream.calls).toHaveLength(1);
    });

    test('when all have left, the upstream call is cancelled and nothing is stored', async () => {
      t.upstream.script = (call, res) => {
        sseHead(res);
        res.write(chunk(call, { role: 'assistant', content: 'first' }));
      };
      const readers = [await SseReader.ask(t.gateway.url, 'Is anybody there?')];
      await readers[0]?.until('first');
      readers.push(await SseReader.ask(t.gateway.url, 'Is anybody there?'));
      await readers[1]?.until('first');
      for (const reader of readers) reader.leave();
      expect(await t.upstream.calls[0]?.closed).toBe(true);
      t.upstream.script = answerPlainly;
      expect(cacheOf(await t.gateway.ask('Is anybody there?'))).toMatchObject({ cache: 'miss' });
    });

    test('a JSON client that leaves before the answer cancels its call', async () => {
      t.upstream.script = () => {};
      const client = new Client(t.gateway.url);
      const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Shall I wait?' }] });
      const abort = new AbortController();
      const asked = client.request({
        path: '/v1/chat/completions',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: abort.signal,
      });
      await t.upstream.called(1);
      abort.abort();
      await expect(asked).rejects.toThrow();
      expect(await t.upstream.calls[0]?.closed).toBe(true);
      await client.close();
    });

    test('a failed leader hands over once: its followers make one more call, and share it', async () => {
      const open = gate();
      t.upstream.script = async (call, res, turn) => {
        await open.passed;
        if (turn === 1) sendJson(res, BOOM, 500, FOR_GOOD);
        else sendJson(res, completion(call, 'second try'));
      };
      const leader = t.gateway.ask('Will it work?');
      await t.upstream.called(1);
      const followers = Array.from({ length: 20 }, () => t.gateway.ask('Will it work?'));
      await t.gateway.admin('GET', '/providers');
      open.pass();
      expect((await leader).status).toBe(500);
      for (const { json } of await Promise.all(followers)) expect(json.choices[0].message.content).toBe('second try');
      expect(t.upstream.calls).toHaveLength(2);
    });

    test('a second failure is the answer to all who wait', async () => {
      const open = gate();
      t.upstream.script = async (_call, res) => {
        await open.passed;
        sendJson(res, BOOM, 500, FOR_GOOD);
      };
      const asked = Array.from({ length: 20 }, () => t.gateway.ask('Will it ever work?'));
      await t.upstream.called(1);
      await t.gateway.admin('GET', '/providers');
      open.pass();
      expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([500]));
      expect(t.upstream.calls).toHaveLength(2);
    });

    test('a request that bypasses the cache shares nothing', async () => {
      const asked = Array.from({ length: 5 }, () => t.gateway.ask('All alone?', {}, { 'x-nearhit-cache': 'off' }));
      await Promise.all(asked);
      expect(t.upstream.calls).toHaveLength(5);
    });
  });
});
