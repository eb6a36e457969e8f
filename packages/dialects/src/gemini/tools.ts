import { isObject, type JsonObject } from '@nearhit/core';
import { allowedTools } from '../provider/allowed-tools.ts';
import { invalid, objectsOf, present, textOf } from '../provider/values.ts';

/** `tools` and `toolConfig`; empty when the request has no tools. */
export function toolFields(request: JsonObject): JsonObject {
  const allowed = allowedTools(request.tool_choice);
  const declarations: JsonObject[] = [];
  const tools: JsonObject[] = [];
  objectsOf(request.tools).forEach((tool, at) => {
    if (tool.type === 'function' && isObject(tool.function)) declarations.push(declarationOf(tool.function));
    else tools.push(ownTool(tool, `tools[${at}]`));
  });
  const offered = declarations.filter(({ name }) => allowed === undefined || allowed.names.has(textOf(name)));
  if (offered.length > 0) tools.unshift({ functionDeclarations: offered });
  if (isObject(request.web_search_options)) tools.push({ googleSearch: {} });
  if (tools.length === 0) return {};
  const calling = offered.length === 0 ? undefined : callingConfig(allowed?.mode ?? request.tool_choice);
  return present({ tools, toolConfig: calling === undefined ? undefined : { functionCallingConfig: calling } });
}

/** `parametersJsonSchema` takes JSON schema as it is, where `parameters` takes a part of OpenAPI's. */
function declarationOf({ name, description, parameters }: JsonObject): JsonObject {
  const empty =
    !isObject(parameters) || (isObject(parameters.properties) && Object.keys(parameters.properties).length === 0);
  return present({ name, description, parametersJsonSchema: empty ? undefined : parameters });
}

/** `{"type": "google_search"}`, or `{"type": "...", "googleSearch": {...}}`: Gemini's own tools. */
function ownTool(tool: JsonObject, param: string): JsonObject {
  const { type, ...rest } = tool;
  if (type === 'custom') {
    throw invalid('Gemini has no free-form tools; describe it as a function with parameters.', param);
  }
  const [, anthropics] = ANTHROPICS.exec(textOf(type)) ?? [];
  if (anthropics !== undefined) return counterpart(anthropics, param);
  return Object.keys(rest).length > 0 ? rest : { [textOf(type)]: {} };
}

/** Anthropic's tools bear the date of their version: `web_search_20250305`. */
const ANTHROPICS = /^([a-z_]+)_\d{8}$/;
const COUNTERPARTS: Readonly<Record<string, string>> = {
  web_search: 'googleSearch',
  web_fetch: 'urlContext',
  code_execution: 'codeExecution',
};

function counterpart(anthropics: string, param: string): JsonObject {
  const own = Object.hasOwn(COUNTERPARTS, anthropics) ? COUNTERPARTS[anthropics] : undefined;
  if (own !== undefined) return { [own]: {} };
  const message = `The tool '${anthropics.slice(0, 64)}' is Anthropic's own and Gemini has none of it; describe it as a function, or choose another model.`;
  throw invalid(message, param);
}

function callingConfig(choice: unknown): JsonObject | undefined {
  if (choice === 'required') return { mode: 'ANY' };
  if (choice === 'auto' || choice === 'none') return { mode: choice.toUpperCase() };
  if (isObject(choice) && isObject(choice.function)) {
    return { mode: 'ANY', allowedFunctionNames: [choice.function.name] };
  }
  return undefined;
}
