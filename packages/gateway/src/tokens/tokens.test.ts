import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { countText, loadCounter } from './counter.ts';
import { tokenEstimator } from './estimate.ts';

test('before the tables are there, a text’s length says about how many', () => {
  expect(countText('abcdefghi')).toBe(3);
  expect(tokenEstimator.embeddings({ input: 'x'.repeat(300) })).toEqual({ promptTokens: 100, completionTokens: 0 });
});

test('then they are counted as o200k_base does', async () => {
  await loadCounter();
  expect(countText('hello world')).toBe(2);
  expect(countText('')).toBe(0);
  // A client's text, not an end of anything.
  expect(countText('<|endoftext|>')).toBeGreaterThan(1);
});

test('long texts are counted in bounded time, and near enough', async () => {
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

test('a request’s prompt with all its parts, and the answer it allows', async () => {
  await loadCounter();
  const text = 'hello world';
  const plain = tokenEstimator.chat({ messages: [{ role: 'user', content: text }] });
  // Three for the reply, three for the message, one for its role.
  expect(plain).toEqual({ promptTokens: 3 + 3 + 1 + 2, completionTokens: 500 });
  const bounded = { messages: [{ role: 'user', content: [{ type: 'text', text }] }], max_tokens: 7, n: 3 };
  expect(tokenEstimator.chat(Buffer.from(JSON.stringify(bounded)))).toEqual({ promptTokens: 9, completionTokens: 21 });
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(10_000)}` } };
  const withImage = { messages: [{ role: 'user', content: [{ type: 'text', text }, image] }] };
  expect(tokenEstimator.chat(withImage).promptTokens).toBe(9 + 765);
  const withTools = { ...bounded, tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] };
  expect(tokenEstimator.chat(withTools).promptTokens).toBeGreaterThan(9);
  // Anthropic's and the Responses API's way to say it.
  expect(tokenEstimator.chat({ system: text, messages: [], max_tokens: 5 })).toEqual({
    ...{ promptTokens: 5, completionTokens: 5 },
  });
  expect(tokenEstimator.chat({ input: text, instructions: text, max_output_tokens: 5 })).toEqual({
    ...{ promptTokens: 3 + 2 + 3 + 2, completionTokens: 5 },
  });
  expect(tokenEstimator.embeddings({ input: [text, text, [1, 2, 3]] }).promptTokens).toBe(7);
});

test('whatever a client sends, there is an estimate', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (messages, tools) => {
      const { promptTokens, completionTokens } = tokenEstimator.chat({ messages, tools, input: tools });
      expect(Number.isSafeInteger(promptTokens) && promptTokens >= 0).toBe(true);
      expect(completionTokens).toBe(500);
      expect(tokenEstimator.embeddings({ input: messages }).promptTokens).toBeGreaterThanOrEqual(0);
    }),
  );
  expect(tokenEstimator.chat(Buffer.from('{nope'))).toEqual({ promptTokens: 3, completionTokens: 500 });
});
