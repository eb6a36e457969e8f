import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cacheOf, PATIENT, type Reply } from '../support/client.ts';
import { answerPlainly, FakeUpstream } from '../support/fake-upstream.ts';
import { Gateway } from '../support/gateway.ts';

/** Whatever stands in `policies` when it starts; a namespace for each mode. */
const yaml = (url: string) => `${PATIENT}
providers: [{ id: main, baseUrl: ${url}, apiKeys: [sk-house] }]
policies:
  namespaces:
    exact: { conversation: exact }
    semantic: { conversation: semantic }
    last-user: { conversation: last-user }
`;

let upstream: FakeUpstream;
let gateway: Gateway;
beforeAll(async () => {
  upstream = await FakeUpstream.start();
  gateway = await Gateway.start({}, yaml(upstream.url));
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.calls.length = 0;
  upstream.script = answerPlainly;
});

interface Talk {
  readonly first: string;
  readonly answer?: string;
  readonly question: string;
}
const messagesOf = ({ first, answer = 'You do that in the settings.', question }: Talk) => [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: first },
  { role: 'assistant', content: answer },
  { role: 'user', content: question },
];

const say = (namespace: string, talk: Talk): Promise<Reply> =>
  gateway.ask('', { messages: messagesOf(talk) }, { 'x-nearhit-namespace': namespace });

/** Stored and searchable. */
async function known(namespace: string, talk: Talk): Promise<Reply> {
  const reply = await say(namespace, talk);
  await gateway.flush();
  return reply;
}

const explain = async (namespace: string, talk: Talk) =>
  (
    await gateway.admin('POST', '/explain', {
      ...{ model: 'm', messages: messagesOf(talk), nearhit: { namespace } },
    })
  ).json;

const PASSWORD: Talk = { first: 'How do I reset my password?', question: 'How do I change my email address?' };
/** The same talk in other words. */
const REWORDED: Talk = { first: 'How can I reset my password?', question: 'How can I change my email address?' };

describe('conversation: exact', () => {
  test('another wording of an earlier turn is another conversation', async () => {
    await known('exact', PASSWORD);
    expect(cacheOf(await say('exact', REWORDED))).toMatchObject({ cache: 'miss', reason: 'no-candidate' });
    const reworded = await say('exact', { ...PASSWORD, question: REWORDED.question });
    expect(cacheOf(reworded)).toMatchObject({ cache: 'hit', layer: 'semantic' });
    expect(cacheOf(await say('exact', PASSWORD))).toMatchObject({ cache: 'hit', layer: 'l1' });
  });
});

describe('conversation: semantic', () => {
  test('the same talk in other words is a hit; its id is still its own', async () => {
    const first = await known('semantic', PASSWORD);
    const hit = await say('semantic', REWORDED);
    expect(cacheOf(hit)).toMatchObject({ cache: 'hit', layer: 'semantic' });
    expect(hit.headers['x-nearhit-entry']).toBe(first.headers['x-nearhit-entry']);
    expect(cacheOf(await say('semantic', PASSWORD))).toMatchObject({ cache: 'hit', layer: 'l1' });
    const { json } = await gateway.admin('GET', `/entries/${first.headers['x-nearhit-entry']}`);
    expect(json.history).toEqual([PASSWORD.first]);
    expect(upstream.calls).toHaveLength(1);
  });

  test('another topic, another answer or another question before it is a miss, and explained', async () => {
    const topic: Talk = { ...REWORDED, first: 'How can I reset my router?' };
    const refused = await say('semantic', topic);
    expect(cacheOf(refused)).toMatchObject({ cache: 'miss', reason: 'guard:turns' });
    expect(Number(refused.headers['x-nearhit-similarity'])).toBeGreaterThan(0.9);
    const answer: Talk = { ...REWORDED, answer: 'Ask your administrator.' };
    expect(cacheOf(await say('semantic', answer))).toMatchObject({ cache: 'miss', reason: 'no-candidate' });
    const told = await explain('semantic', { ...REWORDED, first: 'How can I reset my phone?' });
    expect(told.conversation).toMatchObject({ value: 'semantic', origin: 'file:semantic', inForce: 'semantic' });
    expect(told.decision).toMatchObject({ kind: 'miss', reason: 'guard:turns' });
    expect(told.candidates[0].turns).toContainEqual(
      expect.objectContaining({ asked: 'How can I reset my phone?', verdict: expect.stringMatching(/guard:|below/) }),
    );
    const same = await explain('semantic', { ...REWORDED, first: PASSWORD.first });
    expect(same.decision).toMatchObject({ kind: 'hit', layer: 'semantic' });
  });

  test('a pronoun is resolved by equal antecedents only', async () => {
    const bob: Talk = {
      first: 'Who wrote The Hobbit?',
      answer: 'J. R. R. Tolkien.',
      question: 'How old was he when he died?',
    };
    await known('semantic', bob);
    const other: Talk = { ...bob, first: 'Who wrote the book The Hobbit?' };
    expect(cacheOf(await say('semantic', other))).toMatchObject({ cache: 'miss', reason: 'guard:turns' });
    const courteous: Talk = { ...bob, first: 'who wrote the hobbit', question: 'How old was he when he died' };
    expect(cacheOf(await say('semantic', courteous))).toMatchObject({ cache: 'hit', layer: 'semantic' });
    const vi: Talk = { first: 'Thủ đô của Pháp là gì?', answer: 'Paris.', question: 'Còn của Đức thì sao?' };
    await known('semantic', vi);
    expect(cacheOf(await say('semantic', { ...vi, first: 'Thủ đô nước Pháp là gì?' }))).toMatchObject({
      cache: 'miss',
    });
  });

  test('is kept over a restart', async () => {
    await gateway.afresh();
    expect(cacheOf(await say('semantic', REWORDED))).toMatchObject({ cache: 'hit', layer: 'semantic' });
  });
});

describe('conversation: last-user', () => {
  test('answers from other conversations, but for a question that rests on what was said', async () => {
    await known('last-user', PASSWORD);
    const elsewhere: Talk = { first: 'Tell me a joke.', answer: 'No.', question: REWORDED.question };
    expect(cacheOf(await say('last-user', elsewhere))).toMatchObject({ cache: 'hit', layer: 'semantic' });
    const exactly: Talk = { ...elsewhere, question: PASSWORD.question };
    expect(cacheOf(await say('last-user', exactly))).toMatchObject({
      cache: 'hit',
      layer: expect.stringMatching(/^l/),
    });
    const bob: Talk = { first: 'Who is Bob?', answer: 'A man.', question: 'How old is he?' };
    await known('last-user', bob);
    expect(cacheOf(await say('last-user', { ...bob, first: 'Who is Tim?' }))).toMatchObject({ cache: 'miss' });
    expect(cacheOf(await say('last-user', bob))).toMatchObject({ cache: 'hit' });
  });

  test('says that it is unsafe wherever it is shown', async () => {
    const { json } = await gateway.admin('GET', '/policies/last-user');
    expect(json.warnings).toEqual([expect.stringContaining('unsafe')]);
    expect((await gateway.admin('GET', '/policies/semantic')).json).not.toHaveProperty('warnings');
    expect((await explain('last-user', PASSWORD)).warnings).toEqual([expect.stringContaining('unsafe')]);
    const rests = await explain('last-user', { ...PASSWORD, question: 'And why?' });
    expect(rests.conversation).toMatchObject({ inForce: 'exact', why: 'rests-on:ellipsis' });
    const put = await gateway.admin('PUT', '/policies/unsafe', { conversation: 'last-user' });
    expect(put.json.warnings).toHaveLength(1);
    expect((await gateway.admin('PUT', '/policies/unsafe', { conversation: 'some' })).status).toBe(400);
  });
});

test('a first question with an open pronoun is served by its exact key only', async () => {
  const ask = (question: string) => gateway.ask(question, {}, { 'x-nearhit-namespace': 'pronouns' });
  expect(cacheOf(await ask('How old is he?'))).toMatchObject({ cache: 'miss', reason: 'guard:pronoun' });
  await gateway.flush();
  expect(cacheOf(await ask('how old is he'))).toMatchObject({ cache: 'miss', reason: 'guard:pronoun' });
  expect(cacheOf(await ask('How old is he?'))).toMatchObject({ cache: 'hit', layer: 'l1' });
  const { json } = await gateway.admin('POST', '/explain', {
    model: 'm',
    messages: [{ role: 'user', content: 'Is he rich?' }],
  });
  expect(json).toMatchObject({
    exactOnly: 'pronoun',
    conversation: { pronoun: 'he' },
    decision: { reason: 'guard:pronoun' },
  });
});

test('explain proposes the bare question of a RAG prompt, and a volatile question’s rule', async () => {
  const explained = async (content: string, nearhit?: object) =>
    (await gateway.admin('POST', '/explain', { model: 'm', messages: [{ role: 'user', content }], nearhit })).json;
  const prompt = '<context>The kettle has a warranty of 2 years.</context>\n\nQuestion: How long is the warranty?';
  expect((await explained(prompt)).suggestion).toMatchObject({
    template: 'tags',
    query: 'How long is the warranty?',
    how: expect.stringContaining('nearhit.context'),
  });
  expect(await explained(prompt, { query: 'How long is the warranty?' })).not.toHaveProperty('suggestion');
  expect(await explained('What is the weather like in Hanoi today?')).toMatchObject({
    decision: { kind: 'bypass', reason: 'not-cacheable:volatile' },
    volatile: { rule: 'today', matched: 'today', policy: 'bypass', origin: 'built-in', ttlSeconds: 0 },
  });
  expect((await explained('What is the capital of France?')).volatile).toBeNull();
  await gateway.ask('What is the weather like in Hanoi today?');
  const { json } = await gateway.admin('GET', '/decisions?outcome=bypass');
  expect(json.decisions[0]).toMatchObject({ reason: 'not-cacheable:volatile', volatile: 'today' });
});
