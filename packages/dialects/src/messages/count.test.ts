import { expect, test } from '@jest/globals';
import { countMessageTokens } from './count.ts';

const count = (content: unknown, more: object = {}): number =>
  countMessageTokens(Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }], ...more })));

test('grows with the text, the system prompt, tools, calls and thoughts', () => {
  const little = count('How tall is it?');
  expect(little).toBeGreaterThan(4);
  expect(count('How tall is it? '.repeat(100))).toBeGreaterThan(20 * little);
  expect(count('How tall is it?', { system: 'Answer in the words of a sailor.' })).toBeGreaterThan(little + 4);
  const tools = [{ name: 'measure', input_schema: { type: 'object', properties: { what: { type: 'string' } } } }];
  expect(count('How tall is it?', { tools })).toBeGreaterThan(little + 15);
});

test('a picture counts as one, however long its data', () => {
  const picture = (data: string) => [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }];
  expect(count(picture('a'.repeat(400_000)))).toBe(count(picture('a')));
  expect(count(picture('a'))).toBeGreaterThan(1000);
});

test('what was called and found counts', () => {
  const turns = (result: string) =>
    countMessageTokens(
      Buffer.from(
        JSON.stringify({
          model: 'm',
          messages: [
            { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'f', input: { query: 'a few words' } }] },
            { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content: result }] },
          ],
        }),
      ),
    );
  expect(turns('found '.repeat(50))).toBeGreaterThan(turns('found') + 40);
});

test('max_tokens is not needed, messages are', () => {
  expect(() => countMessageTokens(Buffer.from('{"model":"m"}'))).toThrow(
    expect.objectContaining({ kind: 'INVALID_REQUEST', param: 'messages' }),
  );
});
