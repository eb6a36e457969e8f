import { z } from 'zod';
import { textOrList, typedList } from '../chat/request.ts';

const any = z.looseObject({});
const text = z.looseObject({ text: z.string() });
const inputImage = z
  .looseObject({ image_url: z.string().nullish(), file_id: z.string().nullish(), detail: z.string().nullish() })
  .refine(({ image_url: url, file_id: file }) => url != null || file != null, 'expected image_url or file_id');
const inputFile = z
  .looseObject({ file_id: z.string().nullish(), file_data: z.string().nullish(), file_url: z.string().nullish() })
  .refine((file) => file.file_id != null || file.file_data != null || file.file_url != null, {
    message: 'expected file_id, file_data or file_url',
  });

const content = textOrList(
  typedList(
    {
      input_text: text,
      output_text: text,
      text,
      input_image: inputImage,
      input_file: inputFile,
      input_audio: any,
      refusal: z.looseObject({ refusal: z.string() }),
    },
    { word: 'content part' },
  ),
  'content part',
);

const message = z.looseObject({ role: z.enum(['user', 'assistant', 'system', 'developer']), content });
const call = { call_id: z.string().min(1), name: z.string().min(1) };
const output = z.looseObject({ call_id: z.string().min(1), output: content });

/** What `input` may hold. Items of the provider's own tools and references to stored ones belong to conversations. */
const ITEMS = {
  message,
  function_call: z.looseObject({ ...call, arguments: z.string() }),
  function_call_output: output,
  custom_tool_call: z.looseObject({ ...call, input: z.string() }),
  custom_tool_call_output: output,
  reasoning: z.looseObject({
    summary: z.array(text).nullish(),
    content: z.array(text).nullish(),
    encrypted_content: z.string().nullish(),
  }),
  item_reference: z.unknown().superRefine((_item, context) => {
    const message = 'nearhit keeps no items: send the item itself, as clients do with `store: false`';
    context.addIssue({ code: 'custom', message });
  }),
  // What an answer here may hold and comes back in: chat completions take no picture from the assistant.
  image_generation_call: any,
};

const items = typedList(ITEMS, { word: 'item' });

/** A message may leave its type out. */
const input = z.unknown().superRefine((value, context) => {
  if (typeof value === 'string') return;
  if (!Array.isArray(value) || value.length === 0) {
    context.addIssue({ code: 'custom', message: 'expected a text or a list of items that is not empty' });
    return;
  }
  const typed = value.map((item: unknown) =>
    typeof item === 'object' && item !== null && 'role' in item && !('type' in item)
      ? { type: 'message', ...item }
      : item,
  );
  for (const { path, message: why } of items.safeParse(typed).error?.issues ?? [])
    context.addIssue({ code: 'custom', path: [...path], message: why });
});

/** Of the provider's own tools nearhit has none: it speaks chat completions to all providers. */
const tool = z.looseObject({ type: z.string() }).superRefine(({ type, name }, context) => {
  if (type !== 'function' && type !== 'custom') {
    const why = `the tool '${type.slice(0, 64)}' runs at OpenAI and is not available here: expected function or custom`;
    context.addIssue({ code: 'custom', path: ['type'], message: why });
  } else if (typeof name !== 'string' || name === '')
    context.addIssue({ code: 'custom', path: ['name'], message: 'expected the name of the tool' });
});

const TOOL_CHOICES: ReadonlySet<unknown> = new Set(['function', 'custom', 'allowed_tools']);

const toolChoice = z
  .unknown()
  .optional()
  .superRefine((value, context) => {
    if (value === undefined || value === null || value === 'auto' || value === 'none' || value === 'required') return;
    const type = typeof value === 'object' ? (value as { type?: unknown }).type : undefined;
    if (TOOL_CHOICES.has(type)) return;
    const why = "expected 'auto', 'none', 'required', or an object of type function, custom or allowed_tools";
    context.addIssue({ code: 'custom', message: why });
  });

const format = z.looseObject({ type: z.enum(['text', 'json_object', 'json_schema']) }).superRefine((value, context) => {
  if (value.type !== 'json_schema') return;
  if (typeof value.name !== 'string')
    context.addIssue({ code: 'custom', path: ['name'], message: 'expected the name of the format' });
  if (typeof value.schema !== 'object' || value.schema === null)
    context.addIssue({ code: 'custom', path: ['schema'], message: 'expected a JSON schema (an object)' });
});

/** A field that must not be used here. */
const unused = (message: string) =>
  z
    .unknown()
    .optional()
    .superRefine((value, context) => {
      if (value === undefined || value === null || value === false) return;
      context.addIssue({ code: 'custom', message });
    });

const NO_CONVERSATIONS = 'nearhit keeps no conversations: send all earlier items in `input`';

/** A request of OpenAI's Responses API as far as it means something here; other fields pass. */
export const responsesSchema = z.looseObject({
  model: z.string().min(1).max(256),
  input,
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  max_output_tokens: z.int().min(1).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: toolChoice,
  parallel_tool_calls: z.boolean().nullish(),
  text: z.looseObject({ format: format.nullish(), verbosity: z.string().nullish() }).nullish(),
  reasoning: z.looseObject({ effort: z.string().nullish(), summary: z.string().nullish() }).nullish(),
  include: z.array(z.string()).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  store: z.boolean().nullish(),
  user: z.string().nullish(),
  truncation: z.string().nullish(),
  previous_response_id: unused(NO_CONVERSATIONS),
  conversation: unused(NO_CONVERSATIONS),
  prompt: unused('nearhit keeps no prompts: send its text in `instructions` and `input`'),
  background: unused('answers are given at once, never in the background: leave the field out, or stream'),
});

export type ResponsesRequest = z.infer<typeof responsesSchema>;
