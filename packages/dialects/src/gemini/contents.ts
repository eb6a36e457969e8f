import { isObject, type JsonObject } from '@nearhit/core';
import { calledWith } from '../provider/called.ts';
import { objectFrom, objectsOf, present, textOf } from '../provider/values.ts';
import { contentParts } from './parts.ts';
import type { GeminiTraits } from './traits.ts';

export interface Content extends JsonObject {
  role: 'user' | 'model';
  parts: JsonObject[];
}

export interface Conversation {
  readonly system: JsonObject[];
  readonly contents: Content[];
}

/** What Google documents for a call whose signature is not known, because another model made it. */
const NO_SIGNATURE = 'skip_thought_signature_validator';

/** Chat messages as Gemini's: system and developer go to the top, neighbours of one role become one content. */
export function conversationOf(messages: readonly JsonObject[], traits: GeminiTraits): Conversation {
  const system: JsonObject[] = [];
  const contents: Content[] = [];
  const names = new Map<string, string>();
  messages.forEach((message, at) => {
    const param = `messages[${at}]`;
    for (const call of objectsOf(message.tool_calls)) names.set(textOf(call.id), nameOf(call));
    if (message.role === 'system' || message.role === 'developer') {
      system.push(...contentParts(message.content, `${param}.content`));
    } else if (message.role === 'assistant') add(contents, 'model', modelParts(message, param, traits));
    else if (message.role === 'tool') add(contents, 'user', resultParts(message, names, param));
    else add(contents, 'user', contentParts(message.content, `${param}.content`));
  });
  if (contents.length === 0) add(contents, 'user', system.splice(-1));
  return { system, contents };
}

function add(contents: Content[], role: Content['role'], parts: JsonObject[]): void {
  if (parts.length === 0) return;
  const last = contents.at(-1);
  if (last?.role === role) last.parts.push(...parts);
  else contents.push({ role, parts: [...parts] });
}

function modelParts(message: JsonObject, param: string, traits: GeminiTraits): JsonObject[] {
  const content = Array.isArray(message.content) ? message.content.filter(isNotAnthropics) : message.content;
  const text = contentParts(content, `${param}.content`);
  const signature = signatureOf(message);
  const last = text.at(-1);
  if (signature !== undefined && last !== undefined) text.splice(-1, 1, { ...last, thoughtSignature: signature });
  return [
    ...text,
    ...objectsOf(message.native_blocks)
      .filter(isGeminiPart)
      .map(({ index: _, type: __, ...part }) => part),
    ...objectsOf(message.tool_calls).map((call, position) => callPart(call, position, traits)),
  ];
}

/** `{"type": "executableCode", "executableCode": {...}}`; Anthropic's blocks name no such field. */
function isGeminiPart(block: JsonObject): boolean {
  return isObject(block[textOf(block.type)]);
}

/** Calls and results of tools that ran with Anthropic: the text that came of them stands beside them. */
function isNotAnthropics(part: unknown): boolean {
  return !isObject(part) || !/_tool_(?:use|result)$/.test(textOf(part.type));
}

function callPart(call: JsonObject, position: number, traits: GeminiTraits): JsonObject {
  const args = calledWith(call).input;
  // Of calls made at once only the first carries one.
  const missing = traits.needsSignatures && position === 0 ? NO_SIGNATURE : undefined;
  return present({ functionCall: { name: nameOf(call), args }, thoughtSignature: signatureOf(call) ?? missing });
}

function nameOf(call: JsonObject): string {
  return calledWith(call).name;
}

/** Where Google's OpenAI-compatible API keeps it: `extra_content.google.thought_signature`. */
function signatureOf({ extra_content }: JsonObject): string | undefined {
  const google = isObject(extra_content) && isObject(extra_content.google) ? extra_content.google : {};
  return textOf(google.thought_signature) || undefined;
}

/** A tool's text, which is an object to Gemini, and the images that came with it. */
function resultParts(message: JsonObject, names: ReadonlyMap<string, string>, param: string): JsonObject[] {
  const id = textOf(message.tool_call_id);
  const parts = contentParts(message.content, `${param}.content`);
  const text = parts.map((part) => textOf(part.text)).join('');
  const response = objectFrom(text, (result) => ({ result }));
  return [
    { functionResponse: { name: names.get(id) ?? textOf(message.name), response } },
    ...parts.filter((part) => part.text === undefined),
  ];
}
