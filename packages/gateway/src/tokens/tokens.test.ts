import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countText, loadCounter } from './counter.ts';
import { countPrompt } from './prompt-tokens.ts';

test('before the tables are there, a text’s length says about how many', () => {
  expect(countText('abcdefghi')).toBe(3);
  expect(countPrompt.embeddings({ input: 'x'.repeat(300) })).toBe(100);
});

test('then they are counted as o200k_base does', async () => {
  await loadCounter();
  expect(countText('hello world')).toBe(2);
  expect(countText('')).toBe(0);
  // A client's text, not an end of anything.
  expect(countText('<|endoftext|>')).toBeGreaterThan(1);
});

test('long texts are counted in parts time, and near enough', async () => {
  await loadCounter();
  const sentence = 'The quick brown fox jumps over the lazy dog. ';
  const perSentence = countText(sentence.repeat(10)) / 10;
  for (const times of [20, 2_000, 100_000])
    expect(countText(sentence.repeat(times)) / (perSentence * times)).toBeCloseTo(1, 1);
  // Sixteen thousand characters without a break would take seconds in one piece.
  const startedAt = process.cpuUsage().user;
  expect(countText('好'.repeat(200_000))).toBeGreaterThan(100_000);
  expect(process.cpuUsage().user - startedAt).toBeLessThan(1_500_000);
});

test('a request’s prompt with all its parts', async () => {
  await loadCounter();
  const text = 'hello world';
  const plain = countPrompt.chat({ messages: [{ role: 'user', content: text }] });
  // Three for the reply, three for the message, one for its role.
  expect(plain).toBe(3 + 3 + 1 + 2);
  const parts = { messages: [{ role: 'user', content: [{ type: 'text', text }] }] };
  expect(countPrompt.chat(Buffer.from(JSON.stringify(parts)))).toBe(9);
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(10_000)}` } };
  const withImage = { messages: [{ role: 'user', content: [{ type: 'text', text }, image] }] };
  expect(countPrompt.chat(withImage)).toBe(9 + 765);
  const withTools = { ...parts, tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] };
  expect(countPrompt.chat(withTools)).toBeGreaterThan(9);
  // Anthropic's and the Responses API's way to say it.
  expect(countPrompt.chat({ system: text, messages: [] })).toBe(5);
  expect(countPrompt.chat({ input: text, instructions: text })).toBe(3 + 2 + 3 + 2);
  expect(countPrompt.embeddings({ input: [text, text, [1, 2, 3]] })).toBe(7);
});

test('whatever a client sends, there is a count', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (messages, tools) => {
      const tokens = countPrompt.chat({ messages, tools, input: tools });
      expect(Number.isSafeInteger(tokens) && tokens >= 0).toBe(true);
      expect(countPrompt.embeddings({ input: messages })).toBeGreaterThanOrEqual(0);
    }),
  );
  expect(countPrompt.chat(Buffer.from('{nope'))).toBe(3);
});
