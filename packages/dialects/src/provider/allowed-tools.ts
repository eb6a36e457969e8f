import { isObject } from '@nearhit/core';
import { objectsOf, textOf } from './values.ts';

/** OpenAI's choice among a part of the tools; undefined when the choice is none of these. */
export function allowedTools(choice: unknown): { mode: 'auto' | 'required'; names: ReadonlySet<string> } | undefined {
  if (!isObject(choice) || choice.type !== 'allowed_tools' || !isObject(choice.allowed_tools)) return undefined;
  const { mode, tools } = choice.allowed_tools;
  const names = objectsOf(tools).map((tool) => textOf(isObject(tool.function) ? tool.function.name : tool.name));
  return { mode: mode === 'required' ? 'required' : 'auto', names: new Set(names) };
}
