import { describe, expect, test } from '@jest/globals';
import type { JsonObject, NearhitError } from '@nearhit/core';
import fc from 'fast-check';
import { anthropicReply } from '../anthropic/reply.ts';
import { geminiReply } from '../gemini/reply.ts';

const OPTIONS = { model: 'm', stream: true, includeUsage: true };
const SSE = { 'content-type': 'text/event-stream' };
const event = (value: JsonObject) => `data: ${JSON.stringify(value)}\n\n`;

const DIALECTS = {
  anthropic: {
    make: () => anthropicReply(OPTIONS),
    events: [
      { type: 'message_start', message: { id: 'm', model: 'm', usage: { input_tokens: 1, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Zoë 👋🏽 日本' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '\n"x"\\' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } },
      { type: 'message_stop' },
    ],
  },
  gemini: {
    make: () => geminiReply(OPTIONS),
    events: [
      { candidates: [{ content: { parts: [{ text: 'Zoë 👋🏽 日本' }] } }], responseId: 'r', modelVersion: 'm' },
      { candidates: [{ content: { parts: [{ text: '' }] } }] },
      { candidates: [{ content: {} }] },
      { candidates: [{ content: { parts: [{ text: '\n"x"\\' }] }, finishReason: 'STOP' }] },
      { usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 9 } },
    ],
  },
};

describe.each(Object.entries(DIALECTS))('%s streams', (_name, { make, events }) => {
  const clean = events.map(event).join('');

  function translated(...chunks: (string | Buffer)[]): string {
    const reply = make();
    reply.head(200, SSE);
    const parts = chunks.map((chunk) => reply.data(Buffer.from(chunk)));
    return Buffer.concat([...parts, reply.end().data]).toString();
  }

  function failure(text: string): NearhitError {
    try {
      translated(text);
    } catch (error) {
      return error as NearhitError;
    }
    throw new Error('it was taken');
  }

  const expected = translated(clean);

  test('it says something', () => {
    expect(expected).toContain('Zoë 👋🏽 日本');
    expect(expected).toMatch(/"completion_tokens":9.*\n\ndata: \[DONE\]\n\n$/);
  });

  test.each([
    ['CRLF', clean.replaceAll('\n', '\r\n')],
    ['CR', clean.replaceAll('\n', '\r')],
    ['no space after data:', clean.replaceAll('data: ', 'data:')],
    ['comments and other fields', clean.replaceAll('data: ', ': keep-alive\nid: 7\nretry: 3\nunknown\ndata: ')],
    ['empty events and blank lines', clean.replaceAll('\n\n', '\n\n\n\ndata:\n\n: x\n\n')],
    ['a byte order mark', `\uFEFF${clean}`],
    [
      'data in several lines',
      events.map((one) => `data: ${JSON.stringify(one, null, 1).replaceAll('\n', '\ndata: ')}\n\n`).join(''),
    ],
    ['an end without its blank line', clean.slice(0, -1)],
    ['[DONE] at its end, of those who copy OpenAI', `${clean}data: [DONE]\n\n`],
  ])('%s: the same', (_what, text) => {
    expect(translated(text)).toBe(expected);
  });

  test('cut anywhere, into pieces of any length, it is the same', () => {
    const bytes = Buffer.from(clean);
    expect(translated(...Array.from(bytes, (byte) => Buffer.from([byte])))).toBe(expected);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 40 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(translated(...pieces)).toBe(expected);
      }),
    );
  });

  test('an event of a megabyte', () => {
    const long = 'ä'.repeat(1_000_000);
    expect(translated(clean.replace('日本', long))).toContain(long);
  });

  test.each([
    ['JSON cut short', `${clean.slice(0, 60)}\n\n`],
    ['no JSON', 'data: hello\n\n'],
    ['a list', 'data: []\n\n'],
    ['HTML', 'data: <html>\n\n'],
  ])('%s is UPSTREAM_INVALID', (_what, text) => {
    expect(failure(text)).toMatchObject({ kind: 'UPSTREAM_INVALID' });
  });

  test.each([
    ['nothing at all', ''],
    ['comments alone', ': a\n\n: b\n\n'],
    ['an object of another kind', 'data: {"hello":1}\n\n'],
    ['a stream that stops in the middle', events.slice(0, 1).map(event).join('')],
  ])('%s is UPSTREAM_ENDED_EARLY', (_what, text) => {
    expect(failure(text)).toMatchObject({ kind: 'UPSTREAM_ENDED_EARLY' });
  });

  test('whatever JSON comes, it is an answer, or an error of ours', () => {
    const keys = ['type', 'index', 'delta', 'content_block', 'message', 'candidates', 'content', 'parts', 'text'];
    const leaf = fc.oneof(
      fc.constantFrom('text', 'tool_use', 'message_stop', 'STOP', ''),
      fc.integer(),
      fc.constant(null),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), tie('tree'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 4 }), (values) => {
        try {
          translated(values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('') + clean);
        } catch (error) {
          expect((error as NearhitError).kind).toMatch(/^UPSTREAM_/);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('an encoding that nobody asked for, and a body without end', () => {
    expect(() => make().head(200, { ...SSE, 'content-encoding': 'gzip' })).toThrow(/encoded as gzip/);
    const reply = make();
    reply.head(200, SSE);
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    expect(() => {
      for (let sent = 0; sent < 70; sent++) reply.data(megabyte);
    }).toThrow(/longer than/);
  });
});
