import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type OpenAI from 'openai';
import { begin, ended, line, linesIn, openai } from '../support/batch.ts';
import { ChildGateway } from '../support/child-gateway.ts';
import { PATIENT } from '../support/client.ts';
import { Deployment } from '../support/deployment.ts';
import { answerPlainly, FakeUpstream, lastUserText } from '../support/fake-upstream.ts';
import { sharedEmbedding } from '../support/shared-embedding.ts';

const LINES = 300;
const ANSWER_MS = 40;

let upstream: FakeUpstream;
const closers: (() => Promise<unknown> | unknown)[] = [];
beforeEach(async () => {
  upstream = await FakeUpstream.start(async (call, res, turn) => {
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
    answerPlainly(call, res, turn);
  });
  closers.push(() => upstream.close());
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const lines = Array.from({ length: LINES }, (_, n) => line(`q${n}`, `What is the square of ${n * 7919 + 13}?`));

/** Every line once in the files, and hardly any asked twice: those at work at the kill, and what was not yet durable. */
async function expectWhole(client: OpenAI, id: string): Promise<void> {
  const done = await ended(client, id);
  expect(done).toMatchObject({ status: 'completed', request_counts: { total: LINES, completed: LINES, failed: 0 } });
  expect(done.usage?.total_tokens).toBe(15 * LINES);
  const answers = await linesIn(client, done.output_file_id);
  expect(answers.map(({ custom_id }) => custom_id)).toEqual(lines.map((_, n) => `q${n}`));
  for (const [n, { response }] of answers.entries())
    expect(response?.body.choices[0].message.content).toBe(`answer to: What is the square of ${n * 7919 + 13}?`);
  const asked = new Map<string, number>();
  for (const { body } of upstream.calls) asked.set(lastUserText(body), (asked.get(lastUserText(body)) ?? 0) + 1);
  expect(asked.size).toBe(LINES);
  expect(Math.max(...asked.values())).toBeLessThanOrEqual(2);
  expect(upstream.calls.length - LINES).toBeLessThan(LINES / 3);
}

test('kill -9 of the process in the middle: the next one goes on from there', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'nearhit-batch-kill-'));
  closers.push(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, 'nearhit.yaml'), PATIENT);
  const env = { OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url };
  const first = await ChildGateway.start({ cwd, env, embedding: 'shared' });
  closers.push(() => first.kill());
  const { id } = await begin(openai(first.url), lines);
  await upstream.called(LINES / 2);
  await first.kill();
  const second = await ChildGateway.start({ cwd, env, embedding: 'shared' });
  closers.push(() => second.kill());
  await expectWhole(openai(second.url), id);
}, 90_000);

test('kill -9 of the worker that runs it: another one takes over', async () => {
  const env = { OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url };
  const embeddingUrl = await sharedEmbedding();
  const deployment = await Deployment.start({ replicas: { worker: 2 }, env, embeddingUrl });
  closers.push(() => deployment.close());
  const client = openai(deployment.ingress().url);
  const { id } = await begin(client, lines);
  await upstream.called(LINES / 2);
  const [first, second] = deployment.of('worker');
  // Whichever of them has it.
  await Promise.all([first?.end('SIGKILL'), second?.end('SIGKILL')]);
  await second?.start();
  await expectWhole(client, id);
}, 180_000);
