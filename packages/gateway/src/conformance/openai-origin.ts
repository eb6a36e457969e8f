import { json, type OriginScript } from './origin.ts';

export const COMPLETION = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello there.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};
const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
/** One event of a stream. */
export const CHUNK = event({
  id: 'c',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: { content: 'Hi ' } }],
});

/** Answers as OpenAI would, the stream in separate writes. */
export const answering: OriginScript = (call, response, index) => {
  if (!JSON.parse(call.body.toString()).stream) return json(COMPLETION)(call, response, index);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let left = 5;
  const next = () => {
    response.write(left-- > 0 ? CHUNK : 'data: [DONE]\n\n');
    if (left >= 0) setImmediate(next);
    else response.end();
  };
  next();
};

export function failing(status: number, headers: Record<string, string> = {}): OriginScript {
  return (_call, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(`{"error":{"message":"status ${status}"}}`);
  };
}

export const silent: OriginScript = () => {};

/** Answers when it is told to. */
export function held(): { script: OriginScript; release: () => void } {
  const waiting: (() => void)[] = [];
  return {
    script: (call, response, index) => waiting.push(() => answering(call, response, index)),
    release: () => {
      for (const answer of waiting.splice(0)) answer();
    },
  };
}
