import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { TenantId } from '../ids.ts';
import { type ChatRequest, FIELD_ROLES } from '../request/chat-fields.ts';
import { canonicalJson, UnsafeNumber } from './canonical-json.ts';
import { entryIdOf, fingerprintOf, partitionOf, userQuery } from './fingerprint.ts';

const scope = { tenant: 'default' as TenantId, namespace: 'default', model: 'm' };

function keyOf(request: ChatRequest, context: { id: string; version?: string }[] = []): string {
  const user = userQuery(request.messages);
  return entryIdOf({ ...scope, model: request.model }, fingerprintOf(request, user, context), user.parts);
}

const ask = (content: unknown, more: object = {}): ChatRequest =>
  ({ model: 'm', messages: [{ role: 'user', content }], ...more }) as ChatRequest;

/** The same JSON value with its keys in another order. */
function shuffled(value: unknown, turn: number): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, turn));
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value);
  const at = fields.length === 0 ? 0 : turn % fields.length;
  return Object.fromEntries(
    [...fields.slice(at), ...fields.slice(0, at)].reverse().map(([k, v]) => [k, shuffled(v, turn)]),
  );
}

const jsonWithoutProto = fc
  .jsonValue({ maxDepth: 4, noUnicodeString: false } as fc.JsonSharedConstraints)
  .filter((value) => {
    const text = JSON.stringify(value);
    return !text.includes('__proto__') && !/\d{16}|e\+/.test(text);
  });

test('marks for the provider’s prompt cache are no part of the key', () => {
  const cache_control = { type: 'ephemeral' };
  const system = (mark: object) => ({ role: 'system', content: [{ type: 'text', text: 's', ...mark }] });
  const body = (mark: object) =>
    ask([{ type: 'text', text: 'q', ...mark }], {
      messages: [system(mark), { role: 'user', content: [{ type: 'text', text: 'q', ...mark }], ...mark }],
      tools: [{ type: 'function', function: { name: 'f' }, ...mark }],
    });
  expect(keyOf(body({ cache_control }))).toBe(keyOf(body({})));
  expect(keyOf(body({ cache: 1 }))).not.toBe(keyOf(body({})));
});

describe('canonicalJson', () => {
  test('neither the order of keys nor the formatting matters', () => {
    fc.assert(
      fc.property(jsonWithoutProto, fc.nat(7), fc.constantFrom(0, 2, '\t'), (value, turn, indent) => {
        const other = JSON.parse(JSON.stringify(shuffled(value, turn), null, indent));
        expect(canonicalJson(other)).toBe(canonicalJson(JSON.parse(JSON.stringify(value))));
      }),
    );
  });

  test('gives back the same value, so that two values never share a text', () => {
    fc.assert(
      fc.property(jsonWithoutProto, (value) => {
        const plain = JSON.parse(JSON.stringify(value));
        expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
      }),
    );
  });

  test('keeps lone surrogates apart', () => {
    expect(canonicalJson('\ud800')).not.toBe(canonicalJson('\ud801'));
    expect(canonicalJson('\ud800')).not.toBe(canonicalJson('\ufffd'));
  });

  test('refuses what a double does not hold and what is too deep', () => {
    expect(() => canonicalJson(JSON.parse('{"seed":9007199254740993}'))).toThrow(UnsafeNumber);
    expect(() => canonicalJson(JSON.parse('[1e400]'))).toThrow(UnsafeNumber);
    expect(() => canonicalJson(JSON.parse(`${'['.repeat(80)}${']'.repeat(80)}`))).toThrow('nested deeper');
  });
});

describe('the key of a request', () => {
  const values: Record<string, [unknown, unknown]> = {
    temperature: [0, 0.5],
    top_p: [0.1, 0.2],
    n: [1, 2],
    seed: [1, 2],
    stop: ['a', ['a', 'b']],
    max_tokens: [1, 2],
    max_completion_tokens: [1, 2],
    presence_penalty: [0, 1],
    frequency_penalty: [0, 1],
    logit_bias: [{ 1: 1 }, { 1: 2 }],
    logprobs: [true, false],
    top_logprobs: [1, 2],
    tools: [[{ type: 'function' }], [{ type: 'custom' }]],
    tool_choice: ['auto', 'none'],
    parallel_tool_calls: [true, false],
    functions: [[{ name: 'a' }], [{ name: 'b' }]],
    function_call: ['auto', 'none'],
    response_format: [{ type: 'text' }, { type: 'json_object' }],
    reasoning_effort: ['low', 'high'],
    verbosity: ['low', 'high'],
    modalities: [['text'], ['text', 'audio']],
    audio: [{ voice: 'a' }, { voice: 'b' }],
    prediction: [{ content: 'a' }, { content: 'b' }],
    web_search_options: [{}, { search_context_size: 'low' }],
    service_tier: ['auto', 'flex'],
    stream: [true, false],
    stream_options: [{ include_usage: true }, {}],
    user: ['a', 'b'],
    metadata: [{ a: '1' }, { a: '2' }],
    store: [true, false],
    safety_identifier: ['a', 'b'],
    prompt_cache_key: ['a', 'b'],
    prompt_cache_retention: ['24h', 'in-memory'],
  };

  test('every field of the schema has two values to try here', () => {
    const tried = Object.keys(values).sort();
    expect(tried).toEqual(
      Object.entries(FIELD_ROLES)
        .filter(([, role]) => role !== 'apart')
        .map(([field]) => field)
        .sort(),
    );
  });

  test.each(Object.entries(values))('%s', (field, [one, other]) => {
    const keys = [keyOf(ask('q')), keyOf(ask('q', { [field]: one })), keyOf(ask('q', { [field]: other }))];
    expect(new Set(keys).size).toBe(FIELD_ROLES[field as keyof typeof FIELD_ROLES] === 'ignored' ? 1 : 3);
  });

  test('a field that nobody knows shapes the answer', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((name) => !(name in FIELD_ROLES) && name !== '__proto__'),
        jsonWithoutProto,
        (field, value) => {
          expect(keyOf(ask('q', { [field]: value }))).not.toBe(keyOf(ask('q')));
        },
      ),
    );
  });

  test('any change of the text changes the key, byte for byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(keyOf(ask(a)) === keyOf(ask(b))).toBe(a === b);
      }),
    );
    expect(keyOf(ask('Q'))).not.toBe(keyOf(ask('q')));
    expect(keyOf(ask('q '))).not.toBe(keyOf(ask('q')));
  });

  test('a text alone and the same text as the only part are one message', () => {
    expect(keyOf(ask('q'))).toBe(keyOf(ask([{ type: 'text', text: 'q' }])));
    expect(keyOf(ask(['a\nb'].map((text) => ({ type: 'text', text }))))).not.toBe(
      keyOf(ask(['a', 'b'].map((text) => ({ type: 'text', text })))),
    );
  });

  test('images, earlier turns, system messages, names and document versions count', () => {
    const image = (url: string) =>
      ask([
        { type: 'text', text: 'q' },
        { type: 'image_url', image_url: { url } },
      ]);
    const after = (...messages: object[]) =>
      ({ model: 'm', messages: [...messages, { role: 'user', content: 'q' }] }) as ChatRequest;
    const keys = [
      keyOf(ask('q')),
      keyOf(image('a')),
      keyOf(image('b')),
      keyOf(after({ role: 'system', content: 's' })),
      keyOf(after({ role: 'developer', content: 's' })),
      keyOf(after({ role: 'user', content: 's' }, { role: 'assistant', content: 't' })),
      keyOf({ model: 'm', messages: [{ role: 'user', content: 'q', name: 'n' }] } as ChatRequest),
      keyOf(ask('q'), [{ id: '1' }]),
      keyOf(ask('q'), [{ id: '1', version: '2' }]),
      keyOf(ask('q', { model: 'other' })),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('the fingerprint leaves the query out, so that paraphrases meet', () => {
    const of = (request: ChatRequest) => fingerprintOf(request, userQuery(request.messages), []);
    expect(of(ask('one question'))).toBe(of(ask('another')));
  });

  test('scopes and vector spaces never meet', () => {
    const scopes = [
      scope,
      { ...scope, tenant: 't' as TenantId },
      { ...scope, namespace: 'n' },
      { ...scope, model: 'x' },
    ];
    const fingerprint = fingerprintOf(ask('q'), userQuery(ask('q').messages), []);
    expect(new Set(scopes.map((s) => entryIdOf(s, fingerprint, ['q']))).size).toBe(4);
    expect(new Set(scopes.flatMap((s) => [partitionOf(s, 'v1'), partitionOf(s, 'v2')])).size).toBe(8);
  });
});

test('a field called __proto__ shapes the answer like any field that nobody knows', () => {
  const body = '{"model":"m","messages":[{"role":"user","content":"q"}]';
  const keys = ['}', ',"__proto__":{"temperature":0.5}}', ',"__proto__":{"temperature":0.7}}'].map((rest) =>
    keyOf(JSON.parse(body + rest)),
  );
  expect(new Set(keys).size).toBe(3);
});
