import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { closeAll, nearhit, temporaryFolder } from '../../packages/cli/test/cli.ts';
import { line, type OutputLine } from '../support/batch.ts';
import { answerPlainly, FakeUpstream, lastUserText, sendJson } from '../support/fake-upstream.ts';
import { Gateway } from '../support/gateway.ts';

let upstream: FakeUpstream;
let gateway: Gateway;
beforeAll(async () => {
  upstream = await FakeUpstream.start();
  gateway = await Gateway.start({ OPENAI_API_KEY: 'sk-house', OPENAI_BASE_URL: upstream.url });
}, 60_000);
afterAll(async () => {
  await gateway?.close();
  await upstream?.close();
});
afterEach(closeAll);

const run = (cwd: string, ...args: string[]) => nearhit(['batch', ...args, '--url', gateway.url], { cwd });
const linesOf = (file: string): OutputLine[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text));

test('run: upload, wait, fetch; answers and errors in two files, and the exit code says which', async () => {
  upstream.script = (call, res, turn) => {
    if (lastUserText(call.body).includes('refuse')) sendJson(res, { error: { message: 'no' } }, 400);
    else answerPlainly(call, res, turn);
  };
  const cwd = temporaryFolder();
  const input = [line('a', 'What is in the box?'), line('b', 'Please refuse this'), line('c', 'Who lives next door?')];
  writeFileSync(join(cwd, 'in.jsonl'), `\ufeff${input.join('\r\n')}`);
  const ran = await run(cwd, 'run', 'in.jsonl', '--out', 'out.jsonl', '--concurrency', '2', '--namespace', 'cli');
  expect(ran.code).toBe(1);
  expect(ran.stdout).toMatch(/^batch_[0-9a-f]+: completed\n/);
  expect(ran.stdout).toContain('3: 2 answered, 1 failed');
  expect(ran.stderr).toMatch(/upload in\.jsonl \.\.\.\nbatch_[0-9a-f]+: it goes on without this command/);
  expect(linesOf(join(cwd, 'out.jsonl')).map(({ custom_id }) => custom_id)).toEqual(['a', 'c']);
  expect(linesOf(join(cwd, 'out.errors.jsonl')).map(({ custom_id }) => custom_id)).toEqual(['b']);
  writeFileSync(join(cwd, 'good.jsonl'), line('a', 'What is in the box?'));
  const good = await run(cwd, 'run', 'good.jsonl', '--json', '--namespace', 'cli');
  expect(good.code).toBe(0);
  const { batch, output, errors } = JSON.parse(good.stdout);
  expect([batch.status, batch.request_counts.completed, output, errors]).toEqual([
    'completed',
    1,
    'good.output.jsonl',
    null,
  ]);
  expect(linesOf(join(cwd, 'good.output.jsonl'))).toHaveLength(1);

  const listed = await run(cwd, 'list');
  expect(listed.stdout.trim().split('\n')).toHaveLength(3);
  expect(listed.stdout).toContain(batch.id);
  expect((await run(cwd, 'show', batch.id)).stdout).toContain('1: 1 answered, 0 failed');
  const fetched = await run(cwd, 'fetch', batch.id, '-o', 'again.jsonl');
  expect(fetched.code).toBe(0);
  expect(linesOf(join(cwd, 'again.jsonl'))).toEqual(linesOf(join(cwd, 'good.output.jsonl')));
  expect(await run(cwd, 'cancel', batch.id)).toMatchObject({
    code: 1,
    stderr: "nearhit: Cannot cancel a batch with status 'completed'.\n",
  });
}, 60_000);

test('a broken file: its faults by line; a file that is not there', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'bad.jsonl'), `${line('a', 'One?')}\nno json\n${line('a', 'Two?')}\n`);
  const { code, stdout } = await run(cwd, 'run', 'bad.jsonl');
  expect(code).toBe(1);
  expect(stdout).toContain(': failed\n');
  expect(stdout).toContain('line 2: This line is not parseable as valid JSON.');
  expect(stdout).toContain('line 3: The custom_id "a"');
  expect(await run(cwd, 'run', 'absent.jsonl')).toMatchObject({
    code: 1,
    stderr: 'nearhit: There is no file absent.jsonl.\n',
  });
  expect(await run(cwd, 'show', 'batch_0')).toMatchObject({ code: 1, stderr: 'nearhit: No such batch: batch_0.\n' });
}, 60_000);
