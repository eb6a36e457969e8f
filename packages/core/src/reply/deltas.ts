import { type ChatChoice, isObject, isToolCalls, type JsonObject, without } from './answer.ts';
import { piecesOf } from './pieces.ts';

/** One delta of a choice, and the log probabilities that travel beside it. */
export interface Step {
  readonly delta: JsonObject;
  readonly logprobs?: JsonObject | undefined;
}

/** Fields in which models think aloud; some providers send the same text in both. */
const REASONING_FIELDS = ['reasoning_content', 'reasoning'] as const;
/** What belongs to the reasoning and travels whole, at its end. */
const REASONING_WHOLES = ['reasoning_details', 'thinking_blocks'] as const;
const OWN_STEPS: ReadonlySet<string> = new Set(['role', 'content', 'refusal', ...REASONING_WHOLES]);

/**
 * A canonical choice as the deltas of a live stream, its finish reason excepted: role, reasoning, content, refusal,
 * calls, then whatever else the message carries, whole.
 */
export function deltasOf(choice: ChatChoice): Step[] {
  const { message } = choice;
  const logprobs = isObject(choice.logprobs) ? choice.logprobs : undefined;
  const rest = without(message, OWN_STEPS);
  const reasoning = reasoningSteps(rest);
  const steps: Step[] = [
    { delta: firstDelta(message, reasoning.length > 0), logprobs: logprobs && frameOf(logprobs, message) },
    ...reasoning,
    ...REASONING_WHOLES.filter((field) => message[field] !== undefined).map((field) => ({
      delta: { [field]: message[field] },
    })),
    ...textSteps('content', message.content, logprobs),
    ...textSteps('refusal', message.refusal, logprobs),
    ...toolCallSteps(rest),
    ...functionCallSteps(rest),
  ];
  if (Object.keys(rest).length > 0) steps.push({ delta: rest });
  return steps;
}

/** Content opens as '' like OpenAI's, but as null before reasoning: clients take '' for the end of the thinking. */
function firstDelta(message: JsonObject, reasons: boolean): JsonObject {
  const { role, content, refusal } = message;
  const opens = content === '' || (typeof content === 'string' && !reasons);
  const delta: JsonObject = { role, content: opens ? '' : null, refusal: refusal === '' ? '' : null };
  for (const field of REASONING_FIELDS) if (message[field] === '') delta[field] = '';
  return delta;
}

/** The shape of `logprobs` without the tokens that follow with their text. */
function frameOf(logprobs: JsonObject, message: JsonObject): JsonObject {
  const frame = { ...logprobs };
  for (const field of ['content', 'refusal']) {
    if (Array.isArray(frame[field]) && typeof message[field] === 'string' && message[field] !== '') frame[field] = [];
  }
  return frame;
}

/** Takes the reasoning out of `rest`. */
function reasoningSteps(rest: JsonObject): Step[] {
  const fields = REASONING_FIELDS.filter((field) => typeof rest[field] === 'string');
  const texts = new Map<string, string[]>();
  for (const field of fields) {
    const text = rest[field] as string;
    if (text !== '') texts.set(text, [...(texts.get(text) ?? []), field]);
    delete rest[field];
  }
  return [...texts].flatMap(([text, names]) =>
    piecesOf(text).map((piece) => ({ delta: Object.fromEntries(names.map((name) => [name, piece.text])) })),
  );
}

function textSteps(field: 'content' | 'refusal', value: unknown, logprobs: JsonObject | undefined): Step[] {
  if (value === null || value === '') return [];
  if (typeof value !== 'string') return [{ delta: { [field]: value } }];
  const tokens = logprobs?.[field];
  if (!Array.isArray(tokens)) return piecesOf(value).map((piece) => ({ delta: { [field]: piece.text } }));
  return piecesOf(value, tokens).map((piece) => ({
    delta: { [field]: piece.text },
    logprobs: { content: null, refusal: null, [field]: piece.tokens ?? [] },
  }));
}

/** Takes the tool calls out of `rest`: each opens with its id and name, its arguments follow in pieces. */
function toolCallSteps(rest: JsonObject): Step[] {
  const calls = rest.tool_calls;
  if (!isToolCalls(calls)) return [];
  delete rest.tool_calls;
  return calls.flatMap((call, index) => {
    const opening: JsonObject = { index, ...call };
    const pieces: JsonObject[] = [];
    for (const [field, text] of [
      ['function', 'arguments'],
      ['custom', 'input'],
    ] as const) {
      const body = call[field];
      if (!isObject(body) || typeof body[text] !== 'string') continue;
      opening[field] = { ...body, [text]: '' };
      for (const piece of piecesOf(body[text])) pieces.push({ index, [field]: { [text]: piece.text } });
    }
    return [opening, ...pieces].map((fragment) => ({ delta: { tool_calls: [fragment] } }));
  });
}

/** Takes the function call, the forerunner of tool calls, out of `rest`. */
function functionCallSteps(rest: JsonObject): Step[] {
  const call = rest.function_call;
  if (!isObject(call) || typeof call.arguments !== 'string') return [];
  delete rest.function_call;
  const pieces = piecesOf(call.arguments).map((piece) => ({ arguments: piece.text }));
  return [{ ...call, arguments: '' }, ...pieces].map((fragment) => ({ delta: { function_call: fragment } }));
}
