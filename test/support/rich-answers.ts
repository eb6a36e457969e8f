import type { ServerResponse } from 'node:http';
import { chunk, completion, type SeenCall, sendJson, sseHead } from './fake-upstream.ts';

export const CALLS = [
  { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Köln","days":3}' } },
  { id: 'call_2', type: 'function', function: { name: 'time', arguments: '{"zone":"Europe/Berlin"}' } },
];

/** Thought, text and two parallel calls, as JSON or in pieces. */
export function answerRichly(call: SeenCall, res: ServerResponse): void {
  const message = { role: 'assistant', content: 'I look it up.', reasoning_content: 'Two things are asked.' };
  const usage = {
    prompt_tokens: 30,
    completion_tokens: 12,
    total_tokens: 42,
    prompt_tokens_details: { cached_tokens: 20 },
    completion_tokens_details: { reasoning_tokens: 6 },
  };
  if (call.body.stream !== true) {
    const answer = completion(call, '');
    const choices = [
      { index: 0, message: { ...message, tool_calls: CALLS }, logprobs: null, finish_reason: 'tool_calls' },
    ];
    sendJson(res, { ...answer, choices, usage });
    return;
  }
  sseHead(res);
  res.write(': processing\n\n');
  res.write(chunk(call, { role: 'assistant', content: null }));
  for (const text of ['Two things ', 'are asked.']) res.write(chunk(call, { reasoning_content: text }));
  for (const text of ['I look ', 'it up.']) res.write(chunk(call, { content: text }));
  for (const [index, one] of CALLS.entries()) {
    const { name, arguments: all } = one.function;
    res.write(chunk(call, { tool_calls: [{ index, ...one, function: { name, arguments: '' } }] }));
    for (let at = 0; at < all.length; at += 7)
      res.write(chunk(call, { tool_calls: [{ index, function: { arguments: all.slice(at, at + 7) } }] }));
  }
  res.write(chunk(call, {}, 'tool_calls'));
  res.write(chunk(call, {}, null, { choices: [], usage }));
  res.end('data: [DONE]\n\n');
}
