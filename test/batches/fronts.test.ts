import { expect, test } from '@jest/globals';
import { begin, ended, linesIn, type OutputLine, openai } from '../support/batch.ts';
import { lastUserText, sendJson } from '../support/fake-upstream.ts';
import { describeModes } from '../support/room.ts';

const APIS = {
  '/v1/messages': {
    body: (question: string) => ({ max_tokens: 100, messages: [{ role: 'user', content: question }] }),
    /** What stands for a limit that is none. */
    wrong: { max_tokens: 0 },
    answer: (text: string) => ({
      ...{ type: 'message', role: 'assistant', stop_reason: 'end_turn', content: [{ type: 'text', text }] },
      usage: expect.objectContaining({ input_tokens: 10, output_tokens: 5 }),
    }),
    error: (type: string, message: unknown) => ({ type: 'error', error: { type, message } }),
  },
  '/v1/responses': {
    body: (question: string) => ({ max_output_tokens: 100, input: question }),
    wrong: { max_output_tokens: 0 },
    answer: (text: string) => ({
      ...{ object: 'response', status: 'completed' },
      output: [expect.objectContaining({ type: 'message', content: [expect.objectContaining({ text })] })],
      usage: expect.objectContaining({ input_tokens: 10, output_tokens: 5, total_tokens: 15 }),
    }),
    error: (type: string, message: unknown) => ({ error: { type, message } }),
  },
} as const;

type Api = keyof typeof APIS;

describeModes((room) => {
  const client = () => openai(room.gateway.url);
  const line = (api: Api, custom_id: string, question: string, more: object = {}): string =>
    JSON.stringify({ custom_id, method: 'POST', url: api, body: { model: 'm', ...APIS[api].body(question), ...more } });
  const byId = (lines: readonly OutputLine[]) => new Map(lines.map(({ custom_id, response }) => [custom_id, response]));

  test.each(Object.keys(APIS) as Api[])(
    '%s: answers in its words; duplicates and paraphrases cost one call',
    async (api) => {
      const about = `${api.slice(4)} ${room.gateway.url}`;
      const asked = `Where do I find the invoices of ${about}?`;
      await room.gateway.ask(asked, { max_completion_tokens: 100 });
      await room.gateway.flush();
      room.upstream.calls.length = 0;
      const password = `How do I reset the password of my account ${about}?`;
      const lines = [
        line(api, 'first', password),
        line(api, 'same', password),
        line(api, 'in other words', `How do I reset the password for my account ${about}?`),
        line(api, 'known from a chat', asked),
        line(api, 'wrong', 'What is wrong here?', APIS[api].wrong),
      ];
      const done = await ended(client(), (await begin(client(), lines, api)).id);
      expect(done).toMatchObject({ status: 'completed', endpoint: api });
      expect(done.request_counts).toEqual({ total: 5, completed: 4, failed: 1 });
      expect(done.usage).toMatchObject({ input_tokens: 40, output_tokens: 20 });
      expect(room.upstream.calls.map(({ body }) => [lastUserText(body), body.max_completion_tokens])).toEqual([
        [password, 100],
      ]);
      const answers = byId(await linesIn(client(), done.output_file_id));
      for (const id of ['first', 'same', 'in other words'])
        expect(answers.get(id)).toMatchObject({ status_code: 200, body: APIS[api].answer(`answer to: ${password}`) });
      expect(answers.get('known from a chat')?.body).toMatchObject(APIS[api].answer(`answer to: ${asked}`));
      const refused = byId(await linesIn(client(), done.error_file_id)).get('wrong');
      expect(refused).toMatchObject({
        status_code: 400,
        body: APIS[api].error('invalid_request_error', expect.stringMatching(/max_(output_)?tokens/)),
      });
    },
  );

  test.each(Object.keys(APIS) as Api[])('%s: a refusal of the provider in its words', async (api) => {
    const error = { message: 'No such thing.', type: 'invalid_request_error', param: null, code: null };
    room.upstream.script = (_call, res) => sendJson(res, { error }, 400);
    const done = await ended(client(), (await begin(client(), [line(api, 'a', `Refuse ${api}, please`)], api)).id);
    const [only] = await linesIn(client(), done.error_file_id);
    expect(only?.response).toMatchObject({
      status_code: 400,
      body: APIS[api].error('invalid_request_error', 'No such thing.'),
    });
  });
});
