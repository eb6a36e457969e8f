import { isObject, type JsonObject } from '@nearhit/core';
import { objectFrom, textOf } from './values.ts';

/** A tool call's name and its input, an object; what a free-form tool was given stands in it as `input`. */
export function calledWith(call: JsonObject): { readonly name: string; readonly input: JsonObject } {
  const { function: called, custom } = call;
  if (isObject(custom)) return { name: textOf(custom.name), input: { input: textOf(custom.input) } };
  const { name, arguments: written } = isObject(called) ? called : {};
  return { name: textOf(name), input: objectFrom(textOf(written), (text) => ({ arguments: text })) };
}
