import { describe, expect, test } from '@jest/globals';
import { fault, HI, put, text } from './request.samples.ts';

describe('messages', () => {
  test('system and developer go to the top from wherever they stood; neighbours become one turn', () => {
    const { system, messages } = put({
      messages: [
        { role: 'system', content: 'One' },
        { role: 'user', content: 'a' },
        { role: 'user', content: [text(''), text('b')] },
        { role: 'assistant', content: 'c' },
        { role: 'developer', content: [{ ...text('Two'), cache_control: { type: 'ephemeral' } }] },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'd' },
      ],
    });
    expect(system).toEqual([text('One'), { ...text('Two'), cache_control: { type: 'ephemeral' } }]);
    expect(messages).toEqual([
      { role: 'user', content: [text('a'), text('b')] },
      { role: 'assistant', content: [text('c')] },
      { role: 'user', content: [text('d')] },
    ]);
  });

  test('somebody has to speak first, and it is the user', () => {
    expect(put({ messages: [{ role: 'system', content: 'Say hello.' }] })).toMatchObject({
      messages: [{ role: 'user', content: [text('Say hello.')] }],
    });
    expect(put({ messages: [{ role: 'assistant', content: 'Once ' }] }).messages).toEqual([
      { role: 'user', content: [text('...')] },
      { role: 'assistant', content: [text('Once')] },
    ]);
  });

  test('thoughts go back before what they led to, without their place in the stream', () => {
    const { messages } = put({
      messages: [
        ...HI,
        {
          role: 'assistant',
          content: 'So.',
          reasoning_content: 'not signed, not sent',
          thinking_blocks: [
            { index: 0, type: 'thinking', thinking: 'hm', signature: 's' },
            { index: 1, type: 'redacted_thinking', data: 'd' },
          ],
          tool_calls: [{ id: 'a:b/1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
        },
        { role: 'user', content: 'and' },
        { role: 'tool', tool_call_id: 'a:b/1', content: [text('ok')], cache_control: { type: 'ephemeral' } },
        { role: 'user', content: 'then?' },
      ],
    });
    expect(messages).toEqual([
      { role: 'user', content: [text('Hi')] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'redacted_thinking', data: 'd' },
          text('So.'),
          { type: 'tool_use', id: 'a_b_1', name: 'f', input: { x: 1 } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a_b_1', content: [text('ok')], cache_control: { type: 'ephemeral' } },
          text('and'),
          text('then?'),
        ],
      },
    ]);
  });

  test.each([
    ['', {}],
    ['[1]', { arguments: '[1]' }],
    ['{"a":', { arguments: '{"a":' }],
  ])('arguments %j are an object all the same', (written, input) => {
    const tool_calls = [{ id: 't', type: 'function', function: { name: 'f', arguments: written } }];
    const messages = put({ messages: [...HI, { role: 'assistant', tool_calls }] }).messages as { content: unknown[] }[];
    expect(messages[1]?.content).toEqual([{ type: 'tool_use', id: 't', name: 'f', input }]);
  });

  test('files, documents and parts of its own', () => {
    const own = { type: 'search_result', source: 's', title: 't', content: [] };
    const { messages } = put({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } },
            { type: 'file', file: { file_data: 'data:text/plain,a%20b' } },
            { type: 'file', file: { file_id: 'file_1' } },
            own,
          ],
        },
      ],
    });
    expect(messages).toEqual([
      {
        role: 'user',
        content: [
          {
            type: 'document',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' },
            title: 'a.pdf',
          },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a b' } },
          { type: 'document', source: { type: 'file', file_id: 'file_1' } },
          own,
        ],
      },
    ]);
  });

  test.each([
    [{ type: 'image_url', image_url: { url: 'cat.png' } }, 'messages[0].content[0].image_url.url'],
    [{ type: 'image_url', image_url: 'data:,x' }, 'messages[0].content[0].image_url.url'],
    [{ type: 'file', file: {} }, 'messages[0].content[0].file'],
    [{ type: 'input_audio', input_audio: {} }, 'messages[0].content[0]'],
  ])('%j can not be said', (part, param) => {
    expect(fault({ messages: [{ role: 'user', content: [part] }] }).param).toBe(param);
  });
});
