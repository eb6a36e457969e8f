import { expect, test } from '@jest/globals';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { lastUserText } from '../support/fake-upstream.ts';
import { describeEmbedded } from '../support/room.ts';

const QUESTION = 'How do I reset the password of my account?';
const PARAPHRASE = 'How can I reset my account password?';

describeEmbedded((t) => {
  /** The client hands out no headers: they are read where the answer comes in. */
  function langchain(namespace: string) {
    const seen: { cache: string | null; layer: string | null }[] = [];
    const model = new ChatOpenAI({
      model: 'm',
      apiKey: 'sk-client',
      maxRetries: 0,
      streamUsage: true,
      configuration: {
        baseURL: `${t.gateway.url}/v1`,
        defaultHeaders: { 'x-nearhit-namespace': namespace },
        fetch: async (url, init) => {
          const response = await fetch(url, init);
          seen.push({ cache: response.headers.get('x-nearhit-cache'), layer: response.headers.get('x-nearhit-layer') });
          return response;
        },
      },
    });
    return { model, seen };
  }

  async function invoked(namespace: string, question: string) {
    const { model, seen } = langchain(namespace);
    const { text, usage_metadata, response_metadata } = await model.invoke(question);
    return { text, finish: response_metadata.finish_reason, tokens: usage_metadata?.total_tokens, ...seen[0] };
  }

  async function streamed(namespace: string, question: string) {
    const { model, seen } = langchain(namespace);
    let text = '';
    let finish: unknown;
    let tokens: number | undefined;
    for await (const piece of await model.stream(question)) {
      text += piece.text;
      finish ??= piece.response_metadata.finish_reason;
      tokens ??= piece.usage_metadata?.total_tokens;
    }
    return { text, finish, tokens, ...seen[0] };
  }

  test.each([
    ['invoke', invoked],
    ['stream', streamed],
  ])('%s: a miss, l1, l2, a semantic hit', async (namespace, ask) => {
    const answer = { text: `answer to: ${QUESTION}`, finish: 'stop', tokens: 15 };
    expect(await ask(namespace, QUESTION)).toEqual({ ...answer, cache: 'miss', layer: null });
    expect(await ask(namespace, QUESTION)).toEqual({ ...answer, cache: 'hit', layer: 'l1' });
    await t.gateway.afresh();
    expect(await ask(namespace, QUESTION)).toEqual({ ...answer, cache: 'hit', layer: 'l2' });
    expect(await ask(namespace, PARAPHRASE)).toEqual({ ...answer, cache: 'hit', layer: 'semantic' });
    expect(t.upstream.calls).toHaveLength(1);
  });

  test('batch: each question once, also when the same one comes twice', async () => {
    const { model, seen } = langchain('batch');
    const questions = ['What is a llama?', 'Who wrote Faust?', 'What is a llama?', 'How deep is the Baltic Sea?'];
    for (const _ of [1, 2]) {
      const answers = await model.batch(questions);
      expect(answers.map(({ text }) => text)).toEqual(questions.map((question) => `answer to: ${question}`));
    }
    expect(t.upstream.calls.map(({ body }) => lastUserText(body)).sort()).toEqual([...new Set(questions)].sort());
    expect(seen.slice(4)).toEqual(questions.map(() => ({ cache: 'hit', layer: 'l1' })));
  });

  test('embeddings of the local model', async () => {
    const model = new OpenAIEmbeddings({
      model: 'all-MiniLM-L6-v2',
      apiKey: 'sk-client',
      maxRetries: 0,
      configuration: { baseURL: `${t.gateway.url}/v1` },
    });
    const vectors = await model.embedDocuments([QUESTION, PARAPHRASE, 'Who wrote Faust?']);
    const cosine = (a: number[], b: number[]) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
    const [asked = [], meantTheSame = [], other = []] = vectors;
    expect(cosine(asked, meantTheSame)).toBeGreaterThan(0.9);
    expect(cosine(asked, other)).toBeLessThan(0.5);
    expect(await model.embedQuery(QUESTION)).toEqual(asked);
  });
});
