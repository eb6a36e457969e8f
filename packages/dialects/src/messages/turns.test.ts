import { describe, expect, test } from '@jest/globals';
import { asked, assistant, base, user } from './request.samples.ts';

const cache_control = { type: 'ephemeral' };
const png = { type: 'base64', media_type: 'image/png', data: 'aGk=' };

describe('turns', () => {
  test.each<[name: string, body: object, messages: unknown[]]>([
    ['a text', { messages: [user('q')] }, [user('q')]],
    ['one text block is a text', { messages: [user([{ type: 'text', text: 'q' }])] }, [user('q')]],
    [
      'several blocks, and marks on them',
      {
        messages: [
          user([
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b', cache_control },
          ]),
        ],
      },
      [
        user([
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b', cache_control },
        ]),
      ],
    ],
    ['system as text', { system: 's', messages: [user('q')] }, [{ role: 'system', content: 's' }, user('q')]],
    ['an empty system prompt', { system: '', messages: [user('q')] }, [user('q')]],
    [
      'system as blocks',
      { system: [{ type: 'text', text: 's', cache_control }], messages: [user('q')] },
      [{ role: 'system', content: [{ type: 'text', text: 's', cache_control }] }, user('q')],
    ],
    [
      'pictures: data, address, a file that only the provider knows',
      {
        messages: [
          user([
            { type: 'image', source: png, cache_control },
            { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
            { type: 'image', source: { type: 'file', file_id: 'f' } },
          ]),
        ],
      },
      [
        user([
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' }, cache_control },
          { type: 'image_url', image_url: { url: 'https://x/y.png' } },
          { type: 'image', source: { type: 'file', file_id: 'f' } },
        ]),
      ],
    ],
    [
      'documents and search results go on as they are',
      {
        messages: [
          user([
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'd' }, title: 't' },
            { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'x' }] },
          ]),
        ],
      },
      [
        user([
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'd' }, title: 't' },
          { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'x' }] },
        ]),
      ],
    ],
    [
      'an answer as a client sends it back: thoughts, text, a call, what the provider’s own tool did',
      {
        messages: [
          user('q'),
          assistant([
            { type: 'thinking', thinking: 't', signature: 'sig' },
            { type: 'redacted_thinking', data: 'r' },
            { type: 'text', text: 'a', citations: null },
            { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
            { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
            { type: 'tool_use', id: 'c', name: 'f', input: { x: 1 }, cache_control, caller: { type: 'direct' } },
          ]),
        ],
      },
      [
        user('q'),
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'a' },
            { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
            { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
          ],
          tool_calls: [
            {
              id: 'c',
              type: 'function',
              function: { name: 'f', arguments: '{"x":1}' },
              cache_control,
              extra_content: { anthropic: { caller: { type: 'direct' } } },
            },
          ],
          thinking_blocks: [
            { type: 'thinking', thinking: 't', signature: 'sig' },
            { type: 'redacted_thinking', data: 'r' },
          ],
        },
      ],
    ],
    [
      'unsigned thoughts came from a provider that has them as text; a signature of Gemini’s goes back',
      {
        messages: [
          user('q'),
          assistant([
            { type: 'thinking', thinking: 'one ', signature: '' },
            { type: 'thinking', thinking: 'two', signature: '' },
            { type: 'tool_use', id: 'c', name: 'f', input: {}, extra_content: { google: { thought_signature: 'g' } } },
          ]),
        ],
      },
      [
        user('q'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: 'c',
              type: 'function',
              function: { name: 'f', arguments: '{}' },
              extra_content: { google: { thought_signature: 'g' } },
            },
          ],
          reasoning_content: 'one two',
        },
      ],
    ],
    [
      'results become messages of the tool and come first; errors are marked',
      {
        messages: [
          user([
            { type: 'text', text: 'and now?' },
            { type: 'tool_result', tool_use_id: 'a', content: 'plain', cache_control },
            { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: 't' }], is_error: true },
            { type: 'tool_result', tool_use_id: 'c', content: [{ type: 'image', source: png }], is_error: false },
            { type: 'tool_result', tool_use_id: 'd' },
          ]),
        ],
      },
      [
        { role: 'tool', tool_call_id: 'a', content: 'plain', cache_control },
        { role: 'tool', tool_call_id: 'b', content: 't', is_error: true },
        {
          role: 'tool',
          tool_call_id: 'c',
          content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } }],
        },
        { role: 'tool', tool_call_id: 'd', content: '' },
        user('and now?'),
      ],
    ],
    ['an answer begun for the model', { messages: [user('q'), assistant('{')] }, [user('q'), assistant('{')]],
  ])('%s', (_name, body, messages) => {
    expect(asked({ ...base, ...body }).messages).toEqual(messages);
  });
});
