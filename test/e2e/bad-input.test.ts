import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { cacheOf } from '../support/client.ts';
import { answerPlainly, chunk, type Script, sseHead } from '../support/fake-upstream.ts';
import { describeEmbedded } from '../support/room.ts';
import { SseReader } from '../support/sse-reader.ts';

describeEmbedded((t) => {
  const user = (content: unknown) => [{ role: 'user', content }];
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    t.gateway.send('POST', '/v1/chat/completions', body, headers);

  describe('requests that are wrong get a 4xx that says where, and go nowhere', () => {
    test.each<[string, unknown, RegExp, string | null]>([
      ['no JSON', '{"model":', /not valid JSON/, null],
      ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), /UTF-8/, null],
      ['a list', '[]', /JSON object/, null],
      ['nothing', '', /JSON/, null],
      ['no model', { messages: user('q') }, /'model'/, 'model'],
      ['no messages', { model: 'm' }, /'messages'/, 'messages'],
      ['empty messages', { model: 'm', messages: [] }, /'messages'/, 'messages'],
      [
        'unknown role',
        { model: 'm', messages: [{ role: 'robot', content: 'q' }] },
        /'messages\[0\]\.role'/,
        'messages[0].role',
      ],
      ['content of a wrong type', { model: 'm', messages: user(7) }, /'messages\[0\]\.content'/, 'messages[0].content'],
      [
        'content missing',
        { model: 'm', messages: [{ role: 'user' }] },
        /'messages\[0\]\.content'/,
        'messages[0].content',
      ],
      [
        'text part without text',
        { model: 'm', messages: user([{ type: 'text' }]) },
        /content\[0\]\.text/,
        'messages[0].content[0].text',
      ],
      ['stream of a wrong type', { model: 'm', messages: user('q'), stream: 'yes' }, /'stream'/, 'stream'],
      ['n: 0', { model: 'm', messages: user('q'), n: 0 }, /'n'/, 'n'],
      ['temperature 3', { model: 'm', messages: user('q'), temperature: 3 }, /'temperature'/, 'temperature'],
      ['unknown control', { model: 'm', messages: user('q'), nearhit: { cachee: 'off' } }, /nearhit/, 'nearhit'],
      [
        'deep nesting',
        `{"model":"m","messages":[{"role":"user","content":"q"}],"x":${'['.repeat(5000)}${']'.repeat(5000)}}`,
        /nested deeper/,
        null,
      ],
    ])('%s', async (_name, body, message, param) => {
      const reply = await post(body);
      expect(reply.status).toBe(400);
      expect(reply.json.error).toMatchObject({
        type: 'invalid_request_error',
        message: expect.stringMatching(message),
        param,
      });
      expect(reply.text).not.toMatch(/\bat .+\.(js|ts):/);
      expect(t.upstream.calls).toHaveLength(0);
    });

    test('several faults are named at once', async () => {
      const { json } = await post({ model: 1, messages: [], n: 0 });
      expect(json.error.message).toMatch(/'model'.*'messages'.*'n'/);
    });

    test.each([
      ['x-nearhit-threshold', 'NaN'],
      ['x-nearhit-threshold', 'Infinity'],
      ['x-nearhit-threshold', '-0.5'],
      ['x-nearhit-namespace', 'a/b'],
      ['x-nearhit-namespace', ''],
      ['x-nearhit-cache', 'perhaps'],
      ['x-nearhit-ttl', 'soon'],
    ])('%s: %s', async (header, value) => {
      const reply = await post({ model: 'm', messages: user('q') }, { [header]: value });
      expect([reply.status, reply.json.error.param]).toEqual([400, header]);
    });

    test('wrong content type, too large, wrong method, unknown path', async () => {
      expect((await post('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
      const large = await post(`{"model":"m","messages":[{"role":"user","content":"${'x'.repeat(11_000_000)}"}]}`);
      expect([large.status, large.json.error.code]).toEqual([413, 'body_too_large']);
      const got = await t.gateway.send('GET', '/v1/chat/completions');
      expect([got.status, got.headers.allow]).toEqual([405, expect.stringContaining('POST')]);
      expect((await t.gateway.send('POST', '/v1/nothing', {})).json.error.code).toBe('not_found');
    });

    test('a client that closes at once harms nobody', async () => {
      const { port } = new URL(t.gateway.url);
      for (let turn = 0; turn < 20; turn++) {
        await new Promise<void>((resolve) => {
          const socket = connect(Number(port), '127.0.0.1', () => {
            socket.write(
              'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"model"',
            );
            socket.destroy();
          });
          socket.on('close', () => resolve());
        });
      }
      expect((await t.gateway.ask('Still there?')).status).toBe(200);
    });
  });

  describe('requests that are only odd are answered', () => {
    test.each<[string, unknown]>([
      ['lone surrogates', '"lone \\ud800 surrogate?"'],
      ['NUL', '"a \\u0000 in it?"'],
      ['emoji only', '"🤷🏽‍♀️🤷🏽‍♀️"'],
      ['right to left', '"ما هي عاصمة فرنسا؟"'],
      ['white space only', '"   "'],
      ['a hundred thousand characters', JSON.stringify('why? '.repeat(20_000))],
    ])('%s, asked twice', async (_name, text) => {
      const body = `{"model":"m","messages":[{"role":"user","content":${text}}]}`;
      expect((await post(body)).status).toBe(200);
      expect(cacheOf(await post(body))).toMatchObject({ cache: 'hit', layer: 'l1' });
      await t.gateway.flush();
    });

    test('a thousand messages', async () => {
      const messages = Array.from({ length: 1001 }, (_, at) => ({
        role: at % 2 === 0 ? 'user' : 'assistant',
        content: `turn ${at}`,
      }));
      expect((await post({ model: 'm', messages })).status).toBe(200);
      expect(cacheOf(await post({ model: 'm', messages }))).toMatchObject({ cache: 'hit' });
    });

    test('two lone surrogates are two questions', async () => {
      const ask = (surrogate: string) =>
        post(`{"model":"m","messages":[{"role":"user","content":"x ${surrogate}"}],"tools":[{"type":"function"}]}`);
      await ask('\\ud801');
      expect(cacheOf(await ask('\\ud802'))).toMatchObject({ cache: 'miss' });
    });
  });

  const json =
    (text: string, headers: Record<string, string> = {}): Script =>
    (_call, res) => {
      res.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text);
    };

  describe('an upstream that lies', () => {
    test.each<[string, Script, number, string]>([
      [
        'HTML',
        (_call, res) => void res.writeHead(200, { 'content-type': 'text/html' }).end('<html>hi</html>'),
        502,
        'upstream_invalid_response',
      ],
      ['truncated JSON', json('{"id":"x","choices":[{"ind'), 502, 'upstream_invalid_response'],
      ['200 with an error body', json('{"error":{"message":"quota","type":"x"}}'), 502, 'upstream_invalid_response'],
      [
        'wrong content-length',
        (_call, res) => {
          res.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
          res.write('{"id":');
          setTimeout(() => res.destroy(), 20);
        },
        502,
        'upstream_ended_early',
      ],
    ])('%s', async (name, script, status, code) => {
      t.upstream.script = script;
      const reply = await t.gateway.ask(`lies: ${name}`);
      expect([reply.status, reply.json.error.code]).toEqual([status, code]);
      t.upstream.script = answerPlainly;
      expect(cacheOf(await t.gateway.ask(`lies: ${name}`))).toMatchObject({ cache: 'miss' });
    });

    test('a stream that is cut in the middle: the client hears an error event, and nothing is stored', async () => {
      t.upstream.script = (call, res) => {
        sseHead(res);
        res.write(chunk(call, { role: 'assistant', content: 'half' }));
        setTimeout(() => res.destroy(), 20);
      };
      const reader = await SseReader.ask(t.gateway.url, 'Cut me?');
      const text = await reader.end();
      expect(text).toContain('half');
      expect(text).toContain('"error"');
      t.upstream.script = answerPlainly;
      expect(cacheOf(await t.gateway.ask('Cut me?'))).toMatchObject({ cache: 'miss' });
    });

    test('a stream without [DONE] passes and is not stored', async () => {
      t.upstream.script = (call, res) => {
        sseHead(res);
        res.end(chunk(call, { role: 'assistant', content: 'no end' }, 'stop'));
      };
      expect((await t.gateway.ask('No done?', { stream: true })).text).toContain('no end');
      expect(cacheOf(await t.gateway.ask('No done?', { stream: true }))).toMatchObject({ cache: 'miss' });
      expect(t.upstream.calls).toHaveLength(2);
    });

    test('JSON where a stream was asked for comes as a stream', async () => {
      t.upstream.script = (call, res, turn) =>
        answerPlainly({ ...call, body: { ...call.body, stream: false } }, res, turn);
      const reply = await t.gateway.ask('Stream it anyway?', { stream: true });
      expect(reply.headers['content-type']).toMatch(/^text\/event-stream/);
      expect(reply.text).toContain('[DONE]');
    });
  });
});
