import { z } from 'zod';
import { textOrList, typedList } from '../chat/request.ts';

const text = z.looseObject({ text: z.string() });
const source = z.looseObject({ type: z.string() });
const sourced = z.looseObject({ source });
const searchResult = z.looseObject({ source: z.string(), title: z.string(), content: z.array(z.unknown()) });
const any = z.looseObject({});

/** Blocks that providers' own tools leave in a conversation. */
const serverBlock = (type: string): boolean => /_tool_(?:use|result)$/.test(type);

const image = z.looseObject({
  source: source.superRefine((value, context) => {
    const needed = value.type === 'base64' ? ['media_type', 'data'] : value.type === 'url' ? ['url'] : [];
    for (const field of needed) {
      if (typeof value[field] === 'string') continue;
      context.addIssue({ code: 'custom', path: [field], message: 'expected a string' });
    }
  }),
});

const resultContent = textOrList(
  typedList({ text, image, document: sourced, search_result: searchResult, tool_reference: any }, { word: 'block' }),
  'block',
);

const blocks = typedList(
  {
    text,
    image,
    document: sourced,
    search_result: searchResult,
    thinking: z.looseObject({ thinking: z.string(), signature: z.string().optional() }),
    redacted_thinking: z.looseObject({ data: z.string() }),
    tool_use: z.looseObject({ id: z.string().min(1), name: z.string().min(1), input: z.unknown() }),
    tool_result: z.looseObject({
      tool_use_id: z.string().min(1),
      content: resultContent.optional(),
      is_error: z.boolean().nullish(),
    }),
    container_upload: any,
    compaction: any,
  },
  { word: 'block', passes: serverBlock },
);

/** Which side of the conversation may hold what of those that mean something here. */
const SIDES: Readonly<Record<string, string>> = {
  tool_result: 'user',
  tool_use: 'assistant',
  thinking: 'assistant',
  redacted_thinking: 'assistant',
};

const turn = z
  .looseObject({ role: z.enum(['user', 'assistant']), content: textOrList(blocks, 'block') })
  .superRefine(({ role, content }, context) => {
    if (!Array.isArray(content)) return;
    if (content.length === 0 && role === 'user')
      context.addIssue({ code: 'custom', path: ['content'], message: 'expected at least one block' });
    content.forEach(({ type }: { type: string }, at) => {
      const side = SIDES[type];
      if (side === undefined || side === role) return;
      const message = `a ${type} block belongs into a message of the ${side}`;
      context.addIssue({ code: 'custom', path: ['content', at, 'type'], message });
    });
  });

const tool = z
  .looseObject({ name: z.string().min(1).optional(), type: z.string().nullish() })
  .superRefine(({ type, name, input_schema: schema }, context) => {
    if (type !== undefined && type !== null && type !== 'custom') return;
    if (name === undefined)
      context.addIssue({ code: 'custom', path: ['name'], message: 'expected the name of the tool' });
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
      context.addIssue({ code: 'custom', path: ['input_schema'], message: 'expected a JSON schema (an object)' });
  });

const toolChoice = z
  .looseObject({ type: z.enum(['auto', 'any', 'tool', 'none']), disable_parallel_tool_use: z.boolean().nullish() })
  .superRefine(({ type, name }, context) => {
    if (type === 'tool' && typeof name !== 'string')
      context.addIssue({ code: 'custom', path: ['name'], message: 'expected the name of the tool' });
  });

/** What both `/v1/messages` and its `count_tokens` have. */
export const countableSchema = z.looseObject({
  model: z.string().min(1).max(256),
  messages: z.array(turn).min(1),
  system: textOrList(typedList({ text }, { word: 'block' }), 'block').optional(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice.nullish(),
  thinking: z.looseObject({ type: z.string() }).nullish(),
});

const MAX_TOKENS = 'expected a whole number of at least 1: the most tokens that the answer may have';

/** A request of Anthropic's Messages API as far as it means something here; other fields pass. */
export const messagesSchema = countableSchema.extend({
  max_tokens: z.int(MAX_TOKENS).min(1, MAX_TOKENS),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  stop_sequences: z.array(z.string()).nullish(),
  metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
  output_format: z.looseObject({ type: z.string() }).nullish(),
  output_config: z.looseObject({ format: z.looseObject({ type: z.string() }).nullish() }).nullish(),
});

export type CountableRequest = z.infer<typeof countableSchema>;
export type MessagesRequest = z.infer<typeof messagesSchema>;
