import type { DemoAnswer, DemoUsage } from './answer.ts';

const FINGERPRINT = 'fp_demo';
const NO_DETAILS = {
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};

/** The body of a non-streamed `chat.completion`. */
export function completionBody(answer: DemoAnswer, created: number): Buffer {
  return json({
    id: answer.id,
    object: 'chat.completion',
    created,
    model: answer.model,
    choices: answer.choices.map(({ pieces, finishReason }, index) => ({
      index,
      message: { role: 'assistant', content: pieces.join(''), refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: finishReason,
    })),
    usage: fullUsage(answer.usage),
    service_tier: 'default',
    system_fingerprint: FINGERPRINT,
  });
}

/** The events of a streamed answer, `[DONE]` included, one Buffer each. */
export function completionEvents(answer: DemoAnswer, created: number): Buffer[] {
  const base = {
    id: answer.id,
    object: 'chat.completion.chunk',
    created,
    model: answer.model,
    service_tier: 'default',
    system_fingerprint: FINGERPRINT,
  };
  const usage = answer.includeUsage ? { usage: null } : {};
  const chunk = (index: number, delta: object, finishReason: string | null) =>
    event({ ...base, choices: [{ index, delta, logprobs: null, finish_reason: finishReason }], ...usage });

  const events = answer.choices.map((_, index) =>
    chunk(index, { role: 'assistant', content: '', refusal: null }, null),
  );
  const longest = Math.max(...answer.choices.map(({ pieces }) => pieces.length));
  for (let position = 0; position < longest; position++) {
    answer.choices.forEach(({ pieces }, index) => {
      const content = pieces[position];
      if (content !== undefined) events.push(chunk(index, { content }, null));
    });
  }
  answer.choices.forEach(({ finishReason }, index) => {
    events.push(chunk(index, {}, finishReason));
  });
  if (answer.includeUsage) events.push(event({ ...base, choices: [], usage: fullUsage(answer.usage) }));
  events.push(Buffer.from('data: [DONE]\n\n'));
  return events;
}

/** An error in OpenAI's shape. */
export function errorBody(message: string, code: string | null): Buffer {
  return json({ error: { message, type: 'invalid_request_error', param: null, code } });
}

function fullUsage(usage: DemoUsage): object {
  return { ...usage, ...NO_DETAILS };
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function event(value: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify(value)}\n\n`);
}
