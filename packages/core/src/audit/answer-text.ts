import { choicesOf, isObject } from '../reply/answer.ts';

/** Two longer ones are not compared. */
export const ANSWER_CHARS_MAX = 32_768;

/** The one text of an answer, or why it has none that could be compared: `tools`, `several`, `no-text`, `incomplete`, `too-long`, `unreadable`. */
export type AnswerText = { readonly text: string } | { readonly why: string };

/** `answer`: a `chat.completion` object as JSON. Never throws. */
export function answerTextOf(answer: Buffer): AnswerText {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer.toString('utf8'));
  } catch {
    return { why: 'unreadable' };
  }
  if (!isObject(parsed)) return { why: 'unreadable' };
  const choices = choicesOf(parsed);
  const [choice] = choices;
  if (choice === undefined) return { why: 'no-text' };
  if (choices.length > 1) return { why: 'several' };
  const { message, finish_reason } = choice;
  if (isUsed(message.tool_calls) || isUsed(message.function_call)) return { why: 'tools' };
  if (finish_reason === 'length' || finish_reason === 'content_filter') return { why: 'incomplete' };
  const { content } = message;
  if (typeof content !== 'string' || content.trim() === '' || isUsed(message.refusal)) return { why: 'no-text' };
  return content.length > ANSWER_CHARS_MAX ? { why: 'too-long' } : { text: content };
}

const isUsed = (value: unknown): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
