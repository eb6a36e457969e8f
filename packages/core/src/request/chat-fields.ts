import { z } from 'zod';

const role = z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']);
const part = z.looseObject({ type: z.string() });
const content = z.union([z.string(), z.array(part).min(1), z.null()]);

const chatMessageSchema = z.looseObject({ role, content: content.optional() }).superRefine((message, context) => {
  if (message.role === 'user' && (message.content === undefined || message.content === null)) {
    context.addIssue({ code: 'custom', path: ['content'], message: 'expected a string or a list of content parts' });
  }
  if (!Array.isArray(message.content)) return;
  message.content.forEach((item, at) => {
    if (item.type === 'text' && typeof item.text !== 'string') {
      context.addIssue({ code: 'custom', path: ['content', at, 'text'], message: 'expected a string' });
    }
  });
});

const optionalNumber = (min: number, max: number) => z.number().min(min).max(max).nullish();
const tokenLimit = z.number().int().min(1).nullish();

/** What nearhit checks of a chat completion request. Vendors' own fields pass untouched. */
export const chatRequestSchema = z.looseObject({
  model: z.string().min(1).max(256),
  messages: z.array(chatMessageSchema).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: optionalNumber(0, 2),
  top_p: optionalNumber(0, 1),
  n: z.number().int().min(1).max(128).nullish(),
  seed: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  max_tokens: tokenLimit,
  max_completion_tokens: tokenLimit,
  presence_penalty: optionalNumber(-2, 2),
  frequency_penalty: optionalNumber(-2, 2),
  logit_bias: z.record(z.string(), z.number()).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().min(0).nullish(),
  tools: z.array(z.looseObject({ type: z.string() })).nullish(),
  tool_choice: z.union([z.string(), z.looseObject({})]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  functions: z.array(z.looseObject({ name: z.string() })).nullish(),
  function_call: z.union([z.string(), z.looseObject({})]).nullish(),
  response_format: z.looseObject({ type: z.string() }).nullish(),
  reasoning_effort: z.string().nullish(),
  verbosity: z.string().nullish(),
  modalities: z.array(z.string()).nullish(),
  audio: z.looseObject({}).nullish(),
  prediction: z.looseObject({}).nullish(),
  web_search_options: z.looseObject({}).nullish(),
  service_tier: z.string().nullish(),
  user: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  store: z.boolean().nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_retention: z.string().nullish(),
  nearhit: z.unknown().optional(),
});

export type ChatRequest = z.infer<typeof chatRequestSchema>;
export type ChatMessage = z.infer<typeof chatMessageSchema>;

type KnownField = keyof typeof chatRequestSchema.shape;

/**
 * `shapes`: a change may change the answer, so it is part of the fingerprint. `ignored`: it never does. `apart`: it has
 * a place of its own in the key (scope, query, context). A field of the schema that is missing here does not compile;
 * a field that no schema knows shapes the answer.
 */
export const FIELD_ROLES = {
  model: 'apart',
  messages: 'apart',
  nearhit: 'apart',
  stream: 'ignored',
  stream_options: 'ignored',
  user: 'ignored',
  metadata: 'ignored',
  store: 'ignored',
  safety_identifier: 'ignored',
  prompt_cache_key: 'ignored',
  prompt_cache_retention: 'ignored',
  temperature: 'shapes',
  top_p: 'shapes',
  n: 'shapes',
  seed: 'shapes',
  stop: 'shapes',
  max_tokens: 'shapes',
  max_completion_tokens: 'shapes',
  presence_penalty: 'shapes',
  frequency_penalty: 'shapes',
  logit_bias: 'shapes',
  logprobs: 'shapes',
  top_logprobs: 'shapes',
  tools: 'shapes',
  tool_choice: 'shapes',
  parallel_tool_calls: 'shapes',
  functions: 'shapes',
  function_call: 'shapes',
  response_format: 'shapes',
  reasoning_effort: 'shapes',
  verbosity: 'shapes',
  modalities: 'shapes',
  audio: 'shapes',
  prediction: 'shapes',
  web_search_options: 'shapes',
  service_tier: 'shapes',
} as const satisfies Record<KnownField, 'shapes' | 'ignored' | 'apart'>;

export function shapesAnswer(field: string): boolean {
  return !Object.hasOwn(FIELD_ROLES, field) || FIELD_ROLES[field as KnownField] === 'shapes';
}
