import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEFAULT_TENANT } from '../ids.ts';
import type { Policy } from '../policy/schema.ts';
import { PolicyService } from '../policy/service.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { type PreparedRequest, prepare } from './prepare.ts';

type Mode = Policy['conversation'];
type Message = { role: string; content: unknown } & Record<string, unknown>;

const services: PolicyService[] = [];
afterEach(() => {
  for (const service of services.splice(0)) service.close();
});

function preparing(conversation: Mode, policy: object = {}) {
  const policies = new PolicyService(createMemoryStore().policies, { default: { conversation, ...policy } });
  services.push(policies);
  return (messages: readonly Message[], more: object = {}): PreparedRequest =>
    prepare(
      {
        body: Buffer.from(JSON.stringify({ model: 'm', messages, ...more })),
        headers: {},
        tenantOf: () => DEFAULT_TENANT,
      },
      policies,
    );
}

const system = (content: string): Message => ({ role: 'system', content });
const user = (content: unknown): Message => ({ role: 'user', content });
const assistant = (content: unknown, more: object = {}): Message => ({ role: 'assistant', content, ...more });
const talk = (first: string, answer: string, question: string) => [user(first), assistant(answer), user(question)];
const QUESTION = 'How do I reset my password?';

describe('exact', () => {
  test('every earlier turn is part of both keys', () => {
    const asked = preparing('exact');
    const [a, b] = [asked(talk('Hello', 'Hi', QUESTION)), asked(talk('Hello!', 'Hi', QUESTION))];
    expect(a.fingerprint).not.toBe(b.fingerprint);
    expect(a.id).not.toBe(b.id);
    expect(a.conversation).toEqual({ mode: 'exact' });
  });
});

describe('semantic', () => {
  const asked = preparing('semantic');
  const exactly = preparing('exact');

  test('a user’s earlier words leave the fingerprint and are kept apart; the id tells them apart as ever', () => {
    const [a, b] = [asked(talk('Hello', 'Hi', QUESTION)), asked(talk('Good day', 'Hi', QUESTION))];
    expect(a.fingerprint).toBe(b.fingerprint);
    expect(a.id).not.toBe(b.id);
    expect(a.conversation).toEqual({ mode: 'semantic', turns: ['Hello'] });
    expect(a.id).toBe(exactly(talk('Hello', 'Hi', QUESTION)).id);
    expect(a.fingerprint).not.toBe(exactly(talk('Hello', 'Hi', QUESTION)).fingerprint);
  });

  test.each<[string, Message[], Message[]]>([
    ['what the assistant said', talk('Hello', 'Yes.', QUESTION), talk('Hello', 'No.', QUESTION)],
    ['its case, because it may be code', talk('Hello', 'use -R', QUESTION), talk('Hello', 'use -r', QUESTION)],
    [
      'the system prompt',
      [system('a'), ...talk('Hello', 'Hi', QUESTION)],
      [system('b'), ...talk('Hello', 'Hi', QUESTION)],
    ],
    ['the number of turns', talk('Hello', 'Hi', QUESTION), [user('Hello'), ...talk('Hello', 'Hi', QUESTION)]],
    ['roles', [user('a'), assistant('b'), user(QUESTION)], [assistant('b'), user('a'), user(QUESTION)]],
    [
      'pictures',
      [
        user([
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: 'x' } },
        ]),
        assistant('b'),
        user(QUESTION),
      ],
      [
        user([
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: 'y' } },
        ]),
        assistant('b'),
        user(QUESTION),
      ],
    ],
    ['a refusal', talk('Hello', '', QUESTION), [user('Hello'), assistant('', { refusal: 'no' }), user(QUESTION)]],
  ])('%s is part of the fingerprint', (_what, one, other) => {
    expect(asked(one).fingerprint).not.toBe(asked(other).fingerprint);
  });

  test('white space of an answer is not, nor the form of a text', () => {
    const parts = [
      user([{ type: 'text', text: 'Hello' }]),
      assistant([{ type: 'text', text: ' Hi\n there' }]),
      user(QUESTION),
    ];
    expect(asked(parts).fingerprint).toBe(asked(talk('Good day', 'Hi there ', QUESTION)).fingerprint);
  });

  test('a first question has the key that it has under `exact`', () => {
    const one = [system('s'), user(QUESTION)];
    expect(asked(one)).toMatchObject({ fingerprint: exactly(one).fingerprint, id: exactly(one).id });
    expect(asked(one).conversation).toEqual({ mode: 'exact' });
  });

  test('what is too long to be kept and compared is matched exactly', () => {
    const long = talk('x'.repeat(4001), 'Hi', QUESTION);
    const many = [...Array.from({ length: 9 }, () => [user('a'), assistant('b')]).flat(), user(QUESTION)];
    for (const messages of [long, many]) {
      expect(asked(messages).conversation).toEqual({ mode: 'exact', why: 'long-history' });
      expect(asked(messages).fingerprint).toBe(exactly(messages).fingerprint);
    }
  });
});

describe('last-user', () => {
  const asked = preparing('last-user');
  const exactly = preparing('exact');

  test('earlier turns count in neither key, the system prompt does', () => {
    const [a, b] = [asked(talk('Hello', 'Hi', QUESTION)), asked(talk('Bye', 'So long', QUESTION))];
    expect(a).toMatchObject({ fingerprint: b.fingerprint, id: b.id, conversation: { mode: 'last-user' } });
    expect(asked([user(QUESTION)]).id).toBe(a.id);
    expect(asked([system('s'), ...talk('Hello', 'Hi', QUESTION)]).id).not.toBe(a.id);
  });

  test('its answers are never those of another mode', () => {
    for (const messages of [[user(QUESTION)], talk('Hello', 'Hi', QUESTION)])
      for (const other of [exactly(messages), preparing('semantic')(messages)]) {
        expect(asked(messages).id).not.toBe(other.id);
        expect(asked(messages).fingerprint).not.toBe(other.fingerprint);
      }
  });

  test.each(['How old is he?', 'and in Paris?', 'Why?', 'còn ở Huế thì sao?', 'Anh ấy sinh năm nào?'])(
    'a question that rests on earlier turns is keyed with them: %s',
    (question) => {
      const [a, b] = [asked(talk('Who is Bob?', 'A man.', question)), asked(talk('Who is Tim?', 'A man.', question))];
      expect(a.id).not.toBe(b.id);
      expect(a.fingerprint).toBe(exactly(talk('Who is Bob?', 'A man.', question)).fingerprint);
      expect(a.conversation.why).toMatch(/^rests-on:/);
    },
  );
});

describe('in every mode', () => {
  test.each<Mode>(['exact', 'semantic', 'last-user'])(
    '%s: agents and tools are matched exactly, word for word',
    (mode) => {
      const asked = preparing(mode);
      const call = { tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '{}' } }] };
      const result = (content: string): Message => ({ role: 'tool', tool_call_id: '1', content });
      const chains = ['1 C', '2 C'].map((told) => [user('Weather?'), assistant(null, call), result(told)]);
      const followed = chains.map((chain) => [...chain, user(QUESTION)]);
      for (const [a, b] of [chains, followed]) {
        const [left, right] = [asked(a as Message[]), asked(b as Message[])];
        expect(left.exactOnly).toEqual(expect.any(String));
        expect(left.id).not.toBe(right.id);
        expect(left.fingerprint).not.toBe(right.fingerprint);
      }
      const tools = { tools: [{ type: 'function', function: { name: 'f' } }] };
      const [left, right] = ['Hello', 'Bye'].map((first) => asked(talk(first, 'Hi', QUESTION), tools));
      expect(left?.exactOnly).toBe('tools');
      expect(left?.id).not.toBe(right?.id);
    },
  );

  test.each<Mode>(['exact', 'semantic', 'last-user'])(
    '%s: what follows an order to work on it is matched exactly, unless the request says what its question is',
    (mode) => {
      const asked = preparing(mode);
      const translator = system("You are a translator. Translate the user's messages into German.");
      expect(asked([translator, user(QUESTION)])).toMatchObject({ exactOnly: 'given-text' });
      expect(asked([user('Correct the sentences I send you.'), assistant('Sure!'), user(QUESTION)])).toMatchObject({
        exactOnly: 'given-text',
        conversation: { mode: 'exact' },
      });
      expect(asked([system('You help users. Answer in German.'), user(QUESTION)]).exactOnly).toBeUndefined();
      expect(asked([translator, user('...')], { nearhit: { query: QUESTION } }).exactOnly).toBeUndefined();
    },
  );

  test.each<Mode>(['exact', 'semantic', 'last-user'])(
    '%s: a first question with an open pronoun is exact only',
    (mode) => {
      const asked = preparing(mode);
      expect(asked([system('s'), user('How old is he?')])).toMatchObject({ exactOnly: 'pronoun' });
      expect(asked([assistant('Hi! How can I help?'), user('Nó giá bao nhiêu?')])).toMatchObject({
        exactOnly: 'pronoun',
      });
      expect(asked([user('Is it safe to eat raw eggs?')]).exactOnly).toBeUndefined();
      expect(asked(talk('Who is Bob?', 'A man.', 'How old is he?')).exactOnly).toBeUndefined();
      expect(asked([user('Passages')], { nearhit: { query: 'How long is it?' } }).exactOnly).toBe('pronoun');
    },
  );

  test('different histories have different ids, unless they are not to be looked at', () => {
    const text = fc.constantFrom('a', 'A', 'b', 'a b', '');
    const modes = (['exact', 'semantic'] as const).map((mode) => preparing(mode));
    fc.assert(
      fc.property(text, text, text, text, (a, b, c, d) => {
        for (const asked of modes) {
          const same = a === c && b === d;
          expect(asked(talk(a, b, QUESTION)).id === asked(talk(c, d, QUESTION)).id).toBe(same);
        }
      }),
    );
  });
});
