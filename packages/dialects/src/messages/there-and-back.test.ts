import { describe, expect, test } from '@jest/globals';
import { assembleStream, type JsonObject } from '@nearhit/core';
import { eventsOf, type Heard, streamed } from '../../test/replies.ts';
import { anthropicReply } from '../anthropic/reply.ts';
import { toAnthropicRequest } from '../anthropic/request.ts';
import { messagesDialect } from './dialect.ts';

const MODEL = 'claude-opus-4-1';
const ephemeral = { cache_control: { type: 'ephemeral', ttl: '1h' } };
const text = (words: string, more: JsonObject = {}) => ({ type: 'text', text: words, ...more });
const thought = (n: number) => ({ type: 'thinking', thinking: `Thought ${n}.`, signature: `sig-${n}` });
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } };
const linked = { type: 'image', source: { type: 'url', url: 'https://example.com/cat.jpg' } };
const use = (n: number, more: JsonObject = {}) => ({
  ...{ type: 'tool_use', id: `toolu_${n}`, name: 'weather', input: { town: 'Köln', days: n }, ...more },
});
const searching = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: { query: 'rain' } };
const found = {
  ...{ type: 'web_search_tool_result', tool_use_id: 'srvtoolu_1' },
  content: [{ type: 'web_search_result', url: 'https://a', title: 'A', encrypted_content: 'x' }],
};

/** A request by way of chat completions, as Anthropic gets it. */
function through(request: JsonObject): JsonObject {
  const chat = messagesDialect.read(Buffer.from(JSON.stringify(request))).body;
  return JSON.parse(toAnthropicRequest(chat, { model: MODEL }).toString());
}

const REQUEST = {
  model: MODEL,
  max_tokens: 8_000,
  stream: true,
  system: [text('You are a forecaster.'), text('Long rules.', ephemeral)],
  thinking: { type: 'enabled', budget_tokens: 2_048 },
  stop_sequences: ['END'],
  top_p: 0.97,
  metadata: { user_id: 'user-1' },
  service_tier: 'standard_only',
  context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
  container: { id: 'c-1' },
  x_of_tomorrow: { deep: [1, null] },
  tools: [
    {
      name: 'weather',
      description: 'How it will be',
      input_schema: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
      ...ephemeral,
    },
    { type: 'web_search_20250305', name: 'web_search', max_uses: 2 },
  ],
  tool_choice: { type: 'auto', disable_parallel_tool_use: true },
  messages: [
    {
      role: 'user',
      content: [
        text('What is this, and how is the weather there?', ephemeral),
        { ...image, ...ephemeral },
        linked,
        {
          ...{ type: 'document', title: 'T', context: 'C', citations: { enabled: true }, ...ephemeral },
          source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
        },
        { type: 'search_result', source: 'https://b', title: 'B', content: [text('It is.')], ...ephemeral },
      ],
    },
    {
      role: 'assistant',
      content: [
        thought(1),
        { type: 'redacted_thinking', data: 'sealed' },
        text('I look.', ephemeral),
        use(1, { caller: { type: 'direct' } }),
        use(2, ephemeral),
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'toolu_1', content: [text('rain'), image], ...ephemeral },
        { type: 'tool_result', tool_use_id: 'toolu_2', content: 'no such town', is_error: true },
        text('And?'),
      ],
    },
    {
      role: 'assistant',
      content: [
        thought(2),
        searching,
        found,
        thought(3),
        text('It rains.', { citations: [{ type: 'x', url: 'https://a' }] }),
      ],
    },
    { role: 'user', content: [text('Thanks.')] },
  ],
};

describe('a request of Messages that goes to Anthropic by way of chat completions', () => {
  test('keeps everything, each block where it stood', () => {
    expect(through(REQUEST)).toEqual(REQUEST);
  });

  test('and the same again', () => {
    expect(through(through(REQUEST))).toEqual(REQUEST);
  });
});

const event = (type: string, value: JsonObject): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...value })}\n\n`;

/** A block as Anthropic streams it. */
function blockEvents(block: JsonObject, index: number): string[] {
  const delta = (value: JsonObject) => event('content_block_delta', { index, delta: value });
  const [begun, deltas] = ((): [JsonObject, string[]] => {
    switch (block.type) {
      case 'text':
        return [text(''), [...String(block.text)].map((piece) => delta({ type: 'text_delta', text: piece }))];
      case 'thinking': {
        const { thinking, signature } = block;
        const last = delta({ type: 'signature_delta', signature });
        return [{ type: 'thinking', thinking: '', signature: '' }, [delta({ type: 'thinking_delta', thinking }), last]];
      }
      case 'tool_use':
      case 'server_tool_use': {
        const pieces = JSON.stringify(block.input).match(/.{1,5}/gu) ?? [];
        const json = ['', ...pieces].map((partial_json) => delta({ type: 'input_json_delta', partial_json }));
        return [{ ...block, input: {} }, json];
      }
      default:
        return [block, []];
    }
  })();
  return [
    event('content_block_start', { index, content_block: begun }),
    ...deltas,
    event('content_block_stop', { index }),
  ];
}

function anthropicStream(blocks: readonly JsonObject[]): Buffer {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: MODEL, content: [], stop_reason: null };
  return Buffer.from(
    [
      event('message_start', { message: { ...message, usage: { input_tokens: 9, output_tokens: 1 } } }),
      ...blocks.flatMap(blockEvents),
      event('message_delta', { delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 20 } }),
      event('message_stop', {}),
    ].join(''),
  );
}

/** The blocks that a client reads out of a stream. */
function blocksIn(events: readonly Heard[]): JsonObject[] {
  const blocks: JsonObject[] = [];
  const json: string[] = [];
  for (const one of events as (Heard & { index: number; delta: JsonObject; content_block: JsonObject })[]) {
    const { type, index, delta, content_block } = one;
    if (type === 'content_block_start') blocks[index] = { ...content_block };
    if (type === 'content_block_stop' && json[index])
      Object.assign(blocks[index] as JsonObject, { input: JSON.parse(json[index]) });
    if (type !== 'content_block_delta') continue;
    const block = blocks[index] as JsonObject;
    if (delta.type === 'input_json_delta') json[index] = (json[index] ?? '') + String(delta.partial_json);
    for (const field of ['text', 'thinking', 'signature'])
      if (delta[field] !== undefined) block[field] = `${block[field] ?? ''}${delta[field]}`;
  }
  return blocks;
}

describe('an answer of Anthropic’s that goes to a client of Messages by way of chat completions', () => {
  const chatStreamOf = (blocks: readonly JsonObject[]): Buffer => {
    const reply = anthropicReply({ model: MODEL, stream: true, includeUsage: true });
    reply.head(200, { 'content-type': 'text/event-stream' });
    return Buffer.concat([reply.data(anthropicStream(blocks)), reply.end().data]);
  };
  const live = (blocks: readonly JsonObject[]): Heard[] =>
    streamed(replies, chatStreamOf(blocks), [7, 111, 112, 500, 1_003]);

  const ANSWERS: [name: string, blocks: JsonObject[]][] = [
    ['text', [text('It rains.')]],
    ['thinking, text, tools', [thought(1), text('I look.'), use(1), use(2)]],
    ['tools of Anthropic’s own between thoughts', [thought(1), searching, found, thought(2), text('So.'), use(1)]],
    ['text on both sides of a search', [text('Let me see.'), searching, found, text('It rains 🌧.'), use(1)]],
    [
      'thoughts after text',
      [text('First.'), thought(1), text('Second.'), { type: 'redacted_thinking', data: 'x' }, use(1)],
    ],
  ];

  test.each(ANSWERS)('streams its blocks in the same order: %s', (_name, blocks) => {
    const events = live(blocks);
    expect(blocksIn(events)).toEqual(blocks);
    expect(events.at(-1)).toEqual({ type: 'message_stop' });
  });

  const { replies } = messagesDialect.read(Buffer.from(JSON.stringify(REQUEST)));
  const message = (content: JsonObject[]) => ({
    ...{ id: 'msg_1', type: 'message', role: 'assistant', model: MODEL, content, stop_reason: 'tool_use' },
    usage: { input_tokens: 9, output_tokens: 20 },
  });
  /** As it is stored: from a whole answer, and from a stream. */
  const stored = (blocks: JsonObject[]): Buffer[] => {
    const whole = anthropicReply({ model: MODEL, stream: false, includeUsage: false });
    whole.head(200, { 'content-type': 'application/json' });
    const kept = [whole.data(Buffer.from(JSON.stringify(message(blocks)))), whole.end().data];
    const assembled = assembleStream(chatStreamOf(blocks));
    if (assembled.kind !== 'complete') throw new Error(assembled.why);
    return [Buffer.concat(kept), Buffer.from(JSON.stringify(assembled.answer))];
  };

  test.each(ANSWERS)('is whole, and replayed, in the same order, however it came: %s', (_name, blocks) => {
    for (const answer of stored(blocks)) {
      expect(JSON.parse(replies.whole(answer).toString()).content).toEqual(blocks);
      expect(blocksIn(eventsOf(replies.replay(answer)))).toEqual(blocks);
    }
  });

  test.each(ANSWERS)(
    'goes back to Anthropic in the same order from a client of chat completions: %s',
    (_name, blocks) => {
      for (const answer of stored(blocks)) {
        const turn = JSON.parse(answer.toString()).choices[0].message;
        const results = (turn.tool_calls ?? []).map(({ id }: JsonObject) => ({
          role: 'tool',
          tool_call_id: id,
          content: 'ok',
        }));
        const messages = [{ role: 'user', content: 'q' }, turn, ...results, { role: 'user', content: 'And?' }];
        const request = toAnthropicRequest(Buffer.from(JSON.stringify({ model: 'm', messages })), { model: MODEL });
        expect(JSON.parse(request.toString()).messages[1].content).toEqual(blocks);
      }
    },
  );
});
