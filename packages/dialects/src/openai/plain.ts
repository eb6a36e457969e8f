import { createHash } from 'node:crypto';
import { isObject, type JsonObject, parseJsonObject, without } from '@nearhit/core';
import { jsonBytes } from '../chat/request.ts';
import { invalid, objectsOf, present, textOf } from '../provider/values.ts';
import { plainMessages } from './messages.ts';
import { thinkingFields } from './thinking.ts';
import type { ChatTraits } from './traits.ts';

/** What is put in other words below. */
const TRANSLATED = [
  ...['model', 'messages', 'tools', 'tool_choice', 'parallel_tool_calls', 'max_tokens', 'max_completion_tokens'],
  ...['thinking', 'output_config', 'reasoning_effort', 'top_k', 'user', 'metadata', 'service_tier'],
];
/** Anthropic's, and the Responses API's, that chat completions have no word for: they change how, not what is answered. */
const LEFT_OUT = [
  ...['cache_control', 'context_management', 'inference_geo', 'speed', 'betas', 'output_format', 'container'],
  'nearhit',
];
/** OpenAI's longest name of a user. */
const USER_CHARS_MAX = 64;

/**
 * A chat completion request that was made here of one in another API, for a server that knows OpenAI's fields and refuses
 * others. Fields of nobody's go on under their own name. Throws INVALID_REQUEST on what can't be said there.
 */
export function plainChat(body: Buffer, model: string, traits: ChatTraits): Buffer {
  const request = parseJsonObject(body);
  if (Array.isArray(request.mcp_servers) && request.mcp_servers.length > 0)
    throw invalid('MCP servers are asked by Anthropic only, and not by this provider: leave them out.', 'mcp_servers');
  const dropped = new Set([...TRANSLATED, ...LEFT_OUT, 'mcp_servers', ...traits.refuses]);
  const { metadata, store, max_tokens: old, max_completion_tokens: limit = old } = request;
  const translated = present({
    model,
    messages: plainMessages(objectsOf(request.messages), traits),
    ...toolFields(request),
    [traits.limit]: limit,
    ...thinkingFields(request, traits),
    top_k: traits.topK ? request.top_k : undefined,
    // Taken only for what is to be stored.
    metadata: store === true ? metadata : undefined,
    ...(traits.refuses.includes('user') ? {} : { user: userOf(request.user) }),
    ...(traits.refuses.includes('service_tier') ? {} : { service_tier: tierOf(request.service_tier) }),
  });
  return jsonBytes({ ...without(request, dropped), ...translated });
}

/** Long names are made short, and stay one user's. */
function userOf(user: unknown): string | undefined {
  if (typeof user !== 'string' || user.length <= USER_CHARS_MAX) return textOf(user) || undefined;
  return createHash('sha256').update(user).digest('hex');
}

function tierOf(tier: unknown): unknown {
  return tier === 'standard_only' ? 'default' : tier;
}

/** `tools` and what is said about them; empty when the request has none: OpenAI takes no choice among nothing. */
function toolFields({ tools, tool_choice, parallel_tool_calls }: JsonObject): JsonObject {
  const list = objectsOf(tools).map((tool, at) => toolOf(tool, `tools[${at}]`));
  return list.length === 0 ? {} : { tools: list, tool_choice, parallel_tool_calls };
}

function toolOf({ type, function: described, custom, name }: JsonObject, param: string): JsonObject {
  if (type === 'custom' && isObject(custom)) return { type, custom };
  if (type === 'function' && isObject(described)) return { type, function: functionOf(described) };
  const what = [textOf(type), textOf(name)].filter((word) => word !== '').join(' ');
  const message = `The tool '${what.slice(0, 64)}' is Anthropic's own and this provider has none of it; describe it as a function, or choose another model.`;
  throw invalid(message, param);
}

/** OpenAI refuses an object without `properties`. */
function functionOf(described: JsonObject): JsonObject {
  const { parameters } = described;
  if (!isObject(parameters) || parameters.type !== 'object' || parameters.properties !== undefined) return described;
  return { ...described, parameters: { ...parameters, properties: {} } };
}
