import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { demo, gateway } from '../conformance/config.ts';
import { providerConformance } from '../conformance/provider.conformance.ts';
import { chatCall, record } from '../conformance/recorder.ts';
import { createUpstream, type Gateway } from '../upstream.ts';

for (const model of ['demo', 'demo-fast']) {
  providerConformance(model, async () => {
    const upstream = createUpstream(gateway([demo()]));
    return { upstream, model, close: () => upstream.close() };
  });
}

describe('demo provider', () => {
  let upstream: Gateway;
  beforeEach(() => {
    upstream = createUpstream(gateway([demo()]), { now: () => 1_700_000_000_000 });
  });
  afterEach(() => upstream.close());

  const ask = async (request: object, overrides: { model?: string; stream?: boolean } = {}) => {
    const model = overrides.model ?? 'demo-fast';
    const body = Buffer.from(JSON.stringify({ model, messages: [{ role: 'user', content: 'Who am I?' }], ...request }));
    return record(upstream, chatCall({ model, stream: overrides.stream ?? false, body })).done;
  };
  const chunksOf = (text: string) =>
    text
      .split('\n\n')
      .filter((line) => line !== '' && line !== 'data: [DONE]')
      .map((line) => JSON.parse(line.slice('data: '.length)));

  test('says what it is, names the question, and how to get real answers', async () => {
    const { choices, system_fingerprint: fingerprint, created } = JSON.parse((await ask({})).text());
    expect(choices[0].message.content).toMatch(/^\[demo\] You asked: "Who am I\?"/);
    expect(choices[0].message.content).toContain('OPENAI_API_KEY');
    expect(choices[0].finish_reason).toBe('stop');
    expect(fingerprint).toBe('fp_demo');
    expect(created).toBe(1_700_000_000);
  });

  test('the same question gets the same bytes, another one another answer', async () => {
    const first = (await ask({})).text();
    expect((await ask({})).text()).toBe(first);
    expect((await ask({ messages: [{ role: 'user', content: 'Who are you?' }] })).text()).not.toBe(first);
  });

  test('a stream carries the same text as the JSON answer, with a usage chunk only when asked for', async () => {
    const whole = JSON.parse((await ask({})).text());
    const plain = chunksOf((await ask({}, { stream: true })).text());
    const withUsage = chunksOf((await ask({ stream_options: { include_usage: true } }, { stream: true })).text());
    for (const chunks of [plain, withUsage]) {
      const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
      expect(text).toBe(whole.choices[0].message.content);
      expect(chunks[0].choices[0].delta.role).toBe('assistant');
    }
    expect(plain.some((chunk) => 'usage' in chunk)).toBe(false);
    expect(withUsage.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(withUsage.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  test('n choices, a token limit and JSON mode are honoured', async () => {
    const many = JSON.parse((await ask({ n: 3 })).text());
    expect(new Set(many.choices.map((choice: { message: { content: string } }) => choice.message.content)).size).toBe(
      3,
    );
    const streamed = chunksOf((await ask({ n: 3 }, { stream: true })).text());
    expect(new Set(streamed.map((chunk) => chunk.choices[0].index))).toEqual(new Set([0, 1, 2]));
    const short = JSON.parse((await ask({ max_tokens: 4 })).text());
    expect(short.choices[0].finish_reason).toBe('length');
    expect(short.usage.completion_tokens).toBe(4);
    const json = JSON.parse((await ask({ response_format: { type: 'json_object' } })).text());
    expect(JSON.parse(json.choices[0].message.content)).toHaveProperty('answer');
  });

  test('answers under any name while it is the only provider', async () => {
    const heard = await ask({}, { model: 'gpt-4o' });
    expect(heard.head).toMatchObject({ status: 200, provider: 'demo', model: 'gpt-4o' });
    expect(JSON.parse(heard.text()).model).toBe('gpt-4o');
  });

  test('odd bodies: no user text, parts, very long, not JSON; embeddings are refused', async () => {
    expect((await ask({ messages: 7 })).text()).toContain('You asked nothing in words');
    const parts = [{ type: 'text', text: 'part one' }, { type: 'image_url' }, { type: 'text', text: 'part two' }];
    expect((await ask({ messages: [{ role: 'user', content: parts }] })).text()).toContain('part one part two');
    const long = await ask({ messages: [{ role: 'user', content: '😀'.repeat(50_000) }] });
    expect(JSON.parse(long.text()).choices[0].message.content.length).toBeLessThan(2_000);
    const broken = await record(upstream, chatCall({ body: Buffer.from('{"a":') })).done;
    expect(broken.head?.status).toBe(400);
    expect(JSON.parse(broken.text()).error.type).toBe('invalid_request_error');
    const embeddings = await record(upstream, chatCall({ path: '/embeddings' })).done;
    expect(embeddings.head?.status).toBe(404);
  });
});
