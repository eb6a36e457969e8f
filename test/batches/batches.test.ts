import { expect, test } from '@jest/globals';
import { begin, ended, line, linesIn, openai, upload } from '../support/batch.ts';
import { answerPlainly, completion, lastUserText, sendJson } from '../support/fake-upstream.ts';
import { describeModes } from '../support/room.ts';

describeModes((room) => {
  const client = () => openai(room.gateway.url);
  let own = 0;
  /** Questions that no other test has asked. */
  const fresh = (): string => `subject ${++own}-${room.gateway.url}`;

  test('questions in a file, answers in a file, in the same order', async () => {
    const about = fresh();
    const questions = Array.from({ length: 12 }, (_, n) => `Question number ${n * 37} on ${about}, please?`);
    const batch = await begin(
      client(),
      questions.map((question, n) => line(`q-${n}`, question)),
    );
    expect(batch).toMatchObject({
      object: 'batch',
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      status: 'validating',
      errors: null,
      output_file_id: null,
      expires_at: batch.created_at + 86_400,
    });
    const done = await ended(client(), batch.id);
    expect(done).toMatchObject({
      status: 'completed',
      model: 'm',
      request_counts: { total: 12, completed: 12, failed: 0 },
      error_file_id: null,
      usage: { input_tokens: 120, output_tokens: 60, total_tokens: 180 },
    });
    for (const at of [done.in_progress_at, done.finalizing_at, done.completed_at])
      expect(at).toBeGreaterThanOrEqual(batch.created_at);
    const lines = await linesIn(client(), done.output_file_id);
    expect(lines.map(({ custom_id }) => custom_id)).toEqual(questions.map((_, n) => `q-${n}`));
    for (const [n, { id, response, error }] of lines.entries()) {
      expect(id).toMatch(/^batch_req_[0-9a-f]+$/);
      expect(error).toBeNull();
      expect(response).toMatchObject({ status_code: 200 });
      expect(response?.body.choices[0].message.content).toBe(`answer to: ${questions[n]}`);
    }
    expect(room.upstream.calls).toHaveLength(12);
    const { data } = await client().files.list({ purpose: 'batch_output' });
    expect(data[0]).toMatchObject({ id: done.output_file_id, filename: `${batch.id}_output.jsonl` });
  });

  test('duplicates and paraphrases cost one call, and what the cache knows costs none', async () => {
    const about = fresh();
    await room.gateway.ask(`Where do I find the invoices of ${about}?`);
    await room.gateway.flush();
    room.upstream.calls.length = 0;
    const lines = [
      line('a1', `How do I reset the password of my account ${about}?`),
      line('a2', `How do I reset the password for my account ${about}?`),
      line('a3', `how do I reset the password of my account ${about}`),
      line('a4', `How do I reset the password of my account ${about}?`),
      line('b1', `Where do I find the invoices of ${about}?`),
      line('c1', `How do I not reset the password of my account ${about}?`),
    ];
    const done = await ended(client(), (await begin(client(), lines)).id);
    expect(done.request_counts).toEqual({ total: 6, completed: 6, failed: 0 });
    const asked = room.upstream.calls.map(({ body }) => lastUserText(body)).sort();
    expect(asked).toEqual([
      `How do I not reset the password of my account ${about}?`,
      `How do I reset the password of my account ${about}?`,
    ]);
    const answers = await linesIn(client(), done.output_file_id);
    expect(answers.map(({ custom_id }) => custom_id)).toEqual(['a1', 'a2', 'a3', 'a4', 'b1', 'c1']);
    expect(new Set(answers.slice(0, 4).map(({ response }) => response?.body.choices[0].message.content)).size).toBe(1);
  });

  test('a broken file fails, each line by its number', async () => {
    const lines = [
      `\ufeff${line('ok', 'Is this line right?')}`,
      '{"custom_id": "x", ',
      line('ok', 'Is this one a duplicate?'),
      '',
      JSON.stringify({ custom_id: 'm', method: 'GET', url: '/v1/chat/completions', body: { model: 'm' } }),
      JSON.stringify({ custom_id: 'u', method: 'POST', url: '/v1/completions', body: { model: 'm' } }),
      JSON.stringify({ method: 'POST', url: '/v1/chat/completions', body: { model: 'm' } }),
      JSON.stringify({ custom_id: 'b', method: 'POST', url: '/v1/chat/completions' }),
      line('other', 'Another model?', { model: 'other' }),
      '[1, 2]',
    ];
    const done = await ended(client(), (await begin(client(), lines.join('\r\n'))).id);
    expect(done).toMatchObject({ status: 'failed', output_file_id: null, error_file_id: null });
    expect(done.failed_at).toBeGreaterThan(0);
    expect(done.errors?.data?.map(({ line: at, code }) => [at, code])).toEqual([
      [2, 'invalid_json_line'],
      [3, 'duplicate_custom_id'],
      [5, 'invalid_method'],
      [6, 'invalid_url'],
      [7, 'missing_required_parameter'],
      [8, 'missing_required_parameter'],
      [9, 'mismatched_model'],
      [10, 'invalid_json_line'],
    ]);
    const empty = await ended(client(), (await begin(client(), '\n \r\n')).id);
    expect(empty.errors?.data).toMatchObject([{ code: 'empty_file' }]);
    expect(room.upstream.calls).toHaveLength(0);
  });

  test('a line that its provider refuses stands in the error file; one that passes later is asked again', async () => {
    const about = fresh();
    let busy = 2;
    room.upstream.script = (call, res, turn) => {
      const text = lastUserText(call.body);
      if (text.includes('refused'))
        sendJson(res, { error: { message: 'no', type: 'invalid_request_error', param: null, code: 'bad' } }, 400);
      else if (text.includes('busy') && busy-- > 0) sendJson(res, { error: { message: 'later' } }, 429);
      else sendJson(res, completion(call, `fine: ${text}`, turn));
    };
    const lines = [
      line('1', `A good one on ${about}`),
      line('2', `Is ${about} refused?`),
      line('3', `A provider that is busy with ${about}`),
    ];
    const done = await ended(client(), (await begin(client(), lines)).id);
    expect(done).toMatchObject({ status: 'completed', request_counts: { total: 3, completed: 2, failed: 1 } });
    expect((await linesIn(client(), done.output_file_id)).map(({ custom_id }) => custom_id)).toEqual(['1', '3']);
    const [refused] = await linesIn(client(), done.error_file_id);
    expect(refused).toMatchObject({
      custom_id: '2',
      error: null,
      response: { status_code: 400, body: { error: { code: 'bad' } } },
    });
  });

  test('cancelled: what has been answered is there, of the others it is said that they were not asked', async () => {
    const about = fresh();
    room.upstream.script = async (call, res, turn) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      answerPlainly(call, res, turn);
    };
    const lines = Array.from({ length: 300 }, (_, n) => line(`q${n}`, `What is ${n * 7919} of ${about}?`));
    const { id } = await begin(client(), lines);
    await room.upstream.called(4);
    expect(await client().batches.cancel(id)).toMatchObject({ id, status: 'cancelling' });
    const done = await ended(client(), id);
    expect(done.status).toBe('cancelled');
    const good = await linesIn(client(), done.output_file_id);
    const bad = await linesIn(client(), done.error_file_id);
    expect(good.length).toBe(room.upstream.calls.length);
    expect(bad.length).toBeGreaterThan(0);
    expect(done.request_counts).toEqual({ total: 300, completed: good.length, failed: bad.length });
    expect([...good, ...bad].map(({ custom_id }) => custom_id).sort()).toEqual(lines.map((_, n) => `q${n}`).sort());
    for (const { response, error } of bad)
      expect({ response, code: error?.code }).toEqual({ response: null, code: 'batch_cancelled' });
    await expect(client().batches.cancel(id)).resolves.toMatchObject({ status: 'cancelled' });
  });

  test('embeddings by the model of the house', async () => {
    const { data } = await client().models.list();
    const model = data.find(({ owned_by }) => owned_by === 'nearhit')?.id ?? '';
    const lines = ['one', 'two'].map((input) =>
      JSON.stringify({ custom_id: input, method: 'POST', url: '/v1/embeddings', body: { model, input } }),
    );
    const file = await upload(client(), lines.join('\n'));
    const batch = await client().batches.create({
      ...{ input_file_id: file.id, endpoint: '/v1/embeddings', completion_window: '24h' },
    });
    const done = await ended(client(), batch.id);
    expect(done.request_counts).toEqual({ total: 2, completed: 2, failed: 0 });
    for (const { response } of await linesIn(client(), done.output_file_id))
      expect(response?.body.data[0].embedding).toHaveLength(384);
  });

  test('lists in pages, newest first', async () => {
    const made = [];
    for (let n = 0; n < 3; n++) made.push((await begin(client(), [line('1', fresh())])).id);
    const page = await client().batches.list({ limit: 2 });
    expect(page.data).toHaveLength(2);
    expect(page.has_more).toBe(true);
    const all = [];
    for await (const { id } of client().batches.list({ limit: 2 })) all.push(id);
    expect(new Set(all).size).toBe(all.length);
    expect(all).toEqual(expect.arrayContaining(made));
    for (const id of made) await ended(client(), id);
  });

  test('wrong requests are told what is wrong with them', async () => {
    const { id } = await upload(client(), line('1', fresh()));
    const wrong = (body: object) => room.gateway.send('POST', '/v1/batches', body);
    const right = { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' };
    for (const [body, param] of [
      [{ ...right, input_file_id: 'file-0' }, 'input_file_id'],
      [{ ...right, endpoint: '/v1/fine_tuning' }, 'endpoint'],
      [{ ...right, completion_window: '1h' }, 'completion_window'],
      [{ ...right, metadata: { a: 1 } }, 'metadata.a'],
      [{ endpoint: right.endpoint, completion_window: '24h' }, 'input_file_id'],
    ] as const) {
      const { status, json } = await wrong(body);
      expect({ status, param: json.error.param, type: json.error.type }).toEqual({
        status: 400,
        param,
        type: 'invalid_request_error',
      });
    }
    expect((await room.gateway.send('GET', '/v1/batches/batch_0')).status).toBe(404);
    expect((await room.gateway.send('POST', '/v1/batches/batch_0/cancel')).status).toBe(404);
    expect((await room.gateway.send('GET', '/v1/batches?after=batch_0')).json.error.param).toBe('after');
    expect((await room.gateway.send('GET', '/v1/batches?limit=0')).json.error.param).toBe('limit');
    expect((await room.gateway.send('PUT', '/v1/batches')).status).toBe(405);
  });
});
