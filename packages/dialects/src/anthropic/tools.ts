import { isObject, type JsonObject } from '@nearhit/core';
import { allowedTools } from '../provider/allowed-tools.ts';
import { invalid, objectsOf, present, textOf } from '../provider/values.ts';
import type { ClaudeTraits } from './traits.ts';

/** `tools` and `tool_choice`; empty when the request has no tools. */
export function toolFields(request: JsonObject, traits: ClaudeTraits): JsonObject {
  const allowed = allowedTools(request.tool_choice);
  const tools = objectsOf(request.tools)
    .map((tool, at) => toolOf(tool, `tools[${at}]`, traits))
    .filter((tool) => allowed === undefined || allowed.names.has(textOf(tool.name)));
  if (isObject(request.web_search_options)) tools.push(webSearch(request.web_search_options));
  if (tools.length === 0) return {};
  const choice = choiceOf(allowed?.mode ?? request.tool_choice);
  if (request.parallel_tool_calls !== false || choice?.type === 'none') return present({ tools, tool_choice: choice });
  return { tools, tool_choice: { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true } };
}

/** Tools of other types are Anthropic's own and go on as they are. */
function toolOf(tool: JsonObject, param: string, traits: ClaudeTraits): JsonObject {
  if (tool.type === 'custom' && isObject(tool.custom)) {
    throw invalid('Anthropic has no free-form tools; describe it as a function with parameters.', param);
  }
  if (tool.type !== 'function' || !isObject(tool.function)) return tool;
  const { name, description, parameters, strict } = tool.function;
  return present({
    name,
    description,
    input_schema: isObject(parameters) ? { type: 'object', ...parameters } : { type: 'object', properties: {} },
    strict: strict === true && traits.strictTools ? true : undefined,
    cache_control: tool.cache_control,
  });
}

function choiceOf(choice: unknown): JsonObject | undefined {
  if (choice === 'required') return { type: 'any' };
  if (choice === 'auto' || choice === 'none') return { type: choice };
  if (!isObject(choice)) return undefined;
  if (choice.type === 'function') return { type: 'tool', name: isObject(choice.function) ? choice.function.name : '' };
  return choice;
}

function webSearch(options: JsonObject): JsonObject {
  const location = isObject(options.user_location) ? options.user_location : {};
  const place = isObject(location.approximate) ? { type: 'approximate', ...location.approximate } : undefined;
  return present({ type: 'web_search_20250305', name: 'web_search', user_location: place });
}
