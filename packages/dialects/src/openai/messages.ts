import { isObject, type JsonObject, without } from '@nearhit/core';
import { plainContent } from '../chat/request.ts';
import { objectsOf, present, textOf } from '../provider/values.ts';
import { plainParts } from './parts.ts';
import type { ChatTraits } from './traits.ts';

/** What OpenAI knows of a message; everything else is another vendor's. */
const KNOWN = ['role', 'content', 'name', 'refusal', 'audio', 'tool_calls', 'tool_call_id', 'function_call'] as const;
/** Blocks that a provider's own tools leave in an answer. The text that came of them stands beside them. */
const OF_PROVIDERS_TOOLS = /_tool_(?:use|result)$/;

/** Messages without what OpenAI does not know, and that in its words where it has some. */
export function plainMessages(messages: readonly JsonObject[], traits: ChatTraits): JsonObject[] {
  const plain: JsonObject[] = [];
  let shown: JsonObject[] = [];
  const show = (): void => {
    if (shown.length > 0) plain.push({ role: 'user', content: shown });
    shown = [];
  };
  messages.forEach((message, at) => {
    const param = `messages[${at}]`;
    if (message.role !== 'tool') {
      show();
      plain.push(plainMessage(message, param, traits));
      return;
    }
    const { said, others } = toolMessage(message, param, traits);
    plain.push(said);
    // Results stand together, after their calls: pictures wait until all of them are told.
    shown = [...shown, ...others];
  });
  show();
  return plain;
}

function plainMessage(message: JsonObject, param: string, traits: ChatTraits): JsonObject {
  const plain = known(message);
  if (Array.isArray(message.content)) plain.content = contentOf(message, param, traits);
  if (message.role !== 'assistant') return plain;
  if (Array.isArray(message.tool_calls)) plain.tool_calls = objectsOf(message.tool_calls).map(callOf(traits));
  const thoughts = textOf(message.reasoning_content);
  return traits.thoughts && thoughts !== '' ? { ...plain, reasoning_content: thoughts } : plain;
}

function known(message: JsonObject): JsonObject {
  return Object.fromEntries(KNOWN.flatMap((name) => (message[name] === undefined ? [] : [[name, message[name]]])));
}

function contentOf({ role, content, tool_calls }: JsonObject, param: string, traits: ChatTraits): unknown {
  const parts = objectsOf(content).flatMap((part, at) =>
    role === 'assistant' && OF_PROVIDERS_TOOLS.test(textOf(part.type))
      ? []
      : plainParts(part, `${param}.content[${at}]`, traits),
  );
  if (parts.length > 0) return plainContent(parts);
  return tool_calls === undefined ? '' : null;
}

const FOREIGN: ReadonlySet<string> = new Set(['cache_control', 'extra_content', 'index']);

function callOf({ signatures }: ChatTraits): (call: JsonObject) => JsonObject {
  return (call) => {
    const { google } = isObject(call.extra_content) ? call.extra_content : {};
    return { ...without(call, FOREIGN), ...(signatures && isObject(google) && { extra_content: { google } }) };
  };
}

/** A tool says texts only: what else it gave is shown by the user, and that it failed stands in the text. */
function toolMessage(message: JsonObject, param: string, traits: ChatTraits) {
  const parts = Array.isArray(message.content)
    ? objectsOf(message.content).flatMap((part, at) => plainParts(part, `${param}.content[${at}]`, traits))
    : [{ type: 'text', text: textOf(message.content) }];
  const texts = parts.filter(({ type }) => type === 'text');
  const others = parts.filter(({ type }) => type !== 'text');
  if (others.length > 0) texts.push({ type: 'text', text: '(What it shows follows below.)' });
  const failed = message.is_error === true && !/^\s*error/i.test(textOf(texts[0]?.text));
  if (failed) texts.unshift({ type: 'text', text: 'Error:' });
  const content = texts.length === 1 ? plainContent(texts) : texts;
  const caption = { type: 'text', text: `Result of the tool call ${textOf(message.tool_call_id)}:` };
  return {
    said: present({ ...known(message), content: texts.length === 0 ? '' : content }),
    others: others.length === 0 ? [] : [caption, ...others],
  };
}
