import { isObject, type JsonObject } from '@nearhit/core';
import { objectsOf, textOf } from './values.ts';

/** Anthropic's `search_result` as a text: where it comes from, then what it says. */
export function searchResultText({ title, source, content }: JsonObject): string {
  const said = objectsOf(content).map(({ text }) => textOf(text));
  return [textOf(title), textOf(source), '', ...said].join('\n').trim();
}

/** A document's words, with its title and what the client says about it before them. */
export function documentText({ title, context }: JsonObject, text: string): string {
  return [textOf(title), textOf(context), text].filter((one) => one !== '').join('\n\n');
}

/** The blocks of a document that is given as content: one text, or texts and images. */
export function documentContent(source: JsonObject): JsonObject[] {
  const { content } = source;
  return typeof content === 'string' ? [{ type: 'text', text: content }] : objectsOf(content).filter(isObject);
}
