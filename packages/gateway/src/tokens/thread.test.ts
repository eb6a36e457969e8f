import { afterEach, expect, test } from '@jest/globals';
import { TokenThread } from './thread.ts';

const opened: TokenThread[] = [];
afterEach(async () => {
  for (const thread of opened.splice(0)) await thread.close();
});

const thread = (): TokenThread => {
  const made = new TokenThread();
  opened.push(made);
  return made;
};

const chat = (content: string) => Buffer.from(JSON.stringify({ messages: [{ role: 'user', content }] }));

test('nobody waits for the tables: a guess first, the count as soon as they are there', async () => {
  const tokens = thread();
  const text = 'hello world '.repeat(20);
  const first = await tokens.count('chat', chat(text));
  expect(first).toBeGreaterThan(20);
  let counted = first;
  while (counted === first) counted = await tokens.count('chat', chat(text));
  // Three for the reply, three for the message, one for its role, two for every repetition.
  expect(counted).toBeGreaterThanOrEqual(3 + 3 + 1 + 40);
  expect(counted).toBeLessThanOrEqual(3 + 3 + 1 + 41);
  expect(await tokens.count('embeddings', Buffer.from('{"input":["hello world",[1,2,3]]}'))).toBe(5);
});

test('what is no request has no tokens, and a closed thread guesses', async () => {
  const tokens = thread();
  expect(await tokens.count('embeddings', Buffer.from('no json'))).toBe(0);
  await tokens.close();
  expect(await tokens.count('chat', chat('x'.repeat(300)))).toBeGreaterThan(90);
});
