import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { nearhit as runHere } from '../../packages/cli/test/cli.ts';
import { completion, FakeUpstream, sendJson } from '../support/fake-upstream.ts';
import { ADMIN_TOKEN, Gateway } from '../support/gateway.ts';
import { until } from '../support/until.ts';

const MAIN = fileURLToPath(new URL('../../dist/nearhit.js', import.meta.url));
const closers: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const closer of closers.splice(0).reverse()) await closer();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'nearhit-cli-e2e-'));
  closers.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function launch(args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { PATH: process.env.PATH ?? '', ...env } });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...texts }));
  closers.push(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return { child, ended };
}

/** The first line that a process writes to stdout. Rejects when it ends without one. */
async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const piece of child.stdout ?? []) {
    text += piece;
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  throw new Error(`ended after ${JSON.stringify(text)}`);
}

/** The command runs within this process, as that is quick; what `start` does needs one of its own. */
async function gatewayAndCommand(env: Record<string, string> = {}) {
  const gateway = await Gateway.start(env);
  closers.push(() => gateway.close());
  const nearhit = (...args: string[]) =>
    runHere(args, { cwd: gateway.dataDir, env: { NEARHIT_URL: gateway.url, NEARHIT_ADMIN_TOKEN: ADMIN_TOKEN } });
  return { gateway, nearhit };
}

describe('the command and a running gateway', () => {
  test('feedback, and what calibration makes of it', async () => {
    const { gateway, nearhit } = await gatewayAndCommand();
    const model = { model: 'demo-fast' };
    await gateway.ask('How do I reset the password of my account?', model);
    await gateway.flush();
    const asked = 'How do I reset the password for my account?';
    const { headers } = await gateway.ask(asked, model);
    expect(headers['x-nearhit-layer']).toBe('semantic');
    const said = await nearhit('feedback', headers['x-request-id'] as string, '--wrong');
    expect([said.code, said.stdout]).toEqual([
      0,
      'That answer is not served for that question any more. It counts in calibration.\n',
    ]);
    const again = await gateway.ask(asked, model);
    expect(again.headers['x-nearhit-reason']).toBe('feedback');
    const entry = again.headers['x-nearhit-entry'] as string;
    await gateway.flush();
    const dropped = await nearhit('feedback', '--entry', entry, '--wrong', '--json');
    expect(JSON.parse(dropped.stdout)).toMatchObject({ effect: 'entry', entryId: entry });

    const { stdout } = await nearhit('calibration', '--namespace', 'default', '--model', 'demo-fast');
    expect(stdout).toMatch(/feedback +0 +1\n/);
    expect(stdout).toContain('cosine threshold 0.9: no error budget is set');
    expect(stdout).toMatch(/ 0.9 +1 +100.0 % +100.0 % +2.5 % to 100.0 % /);
    const json = JSON.parse((await nearhit('calibration', '--json')).stdout);
    expect(json).toMatchObject({ scorer: expect.any(String), samples: { feedback: { right: 0, wrong: 1 } } });
    const unknown = await nearhit('feedback', 'never-was', '--right');
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining("No request 'never-was'")]);
  });

  test('audits are switched on, and calibration tells what came of them', async () => {
    const upstream = await FakeUpstream.start((call, res) => sendJson(res, completion(call, 'It takes 14 days.')));
    closers.push(() => upstream.close());
    const { gateway, nearhit } = await gatewayAndCommand({ OPENAI_API_KEY: 'sk', OPENAI_BASE_URL: upstream.url });
    const set = await nearhit('policy', 'set', 'auditShare=1', 'auditBudgetUsdDay=0.5', 'auditJudge=answers');
    expect(set.code).toBe(0);
    expect((await nearhit('policy', 'get')).stdout).toMatch(/auditShare +1 /);
    await gateway.ask('How do I reset the password of my account?');
    await gateway.flush();
    await gateway.ask('How do I reset the password for my account?');
    const told = async () => (await nearhit('calibration', '--namespace', 'default')).stdout;
    await until('the audit is told of', async () => /^ *audit +1 +0$/m.test(await told()));
    expect(await told()).toMatch(/^ *shadow +0 +0$/m);
  });

  test('status', async () => {
    const { gateway, nearhit } = await gatewayAndCommand();
    const model = { model: 'demo-fast' };
    await gateway.ask('How do I reset my password?', model);
    await gateway.flush();
    await gateway.ask('How do I reset my password?', model);

    const { code, stdout, stderr } = await nearhit('status');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`${gateway.url}  ready\n`);
    expect(stdout).toMatch(/requests +2\n/);
    expect(stdout).toMatch(/hits +1 {2}\(l1 1\)\n/);
    expect(stdout).toMatch(/misses +1 {2}\(no-candidate 1\)\n/);
    expect(stdout).toMatch(/stored +1 answer, /);
    expect(stdout).toMatch(/demo +demo +built in +1 +0 +0\n/);

    const report = JSON.parse((await nearhit('status', '--window', '5m', '--json')).stdout);
    expect(report).toMatchObject({
      ...{ url: gateway.url, health: { status: 'ok' }, readiness: { ready: true, degraded: [] } },
      ...{ stats: { window: '5m', requests: 2, hitsByLayer: { l1: 1 } }, providers: [{ id: 'demo' }] },
    });
  });

  test('a wrong admin token: health is shown, and where the token is looked for', async () => {
    const { gateway } = await gatewayAndCommand();
    const ask = (env: Record<string, string>) => launch(['status', '--url', gateway.url], folder(), env).ended;
    const wrong = await ask({ NEARHIT_ADMIN_TOKEN: 'wrong' });
    expect(wrong).toMatchObject({ code: 1, stdout: `${gateway.url}  ready\n` });
    expect(wrong.stderr).toMatch(
      /^nearhit: The gateway refuses the admin token of NEARHIT_ADMIN_TOKEN\. .*admin-token.*\n$/,
    );
    const none = await ask({});
    expect(none.code).toBe(1);
    expect(none.stderr).toMatch(
      /^nearhit: No admin token was found\. .*--token, then NEARHIT_ADMIN_TOKEN, then .*admin-token/,
    );
  });

  test('policy: set, get, list, unset', async () => {
    const { gateway, nearhit } = await gatewayAndCommand();
    const level = 'support/meta-llama/Llama-3';
    const set = await nearhit('policy', 'set', level, 'threshold=0.93', 'guard=strict', 'semantic=false');
    expect(set.code).toBe(0);
    expect(set.stdout).toMatch(/threshold +0\.93 +admin:support\/meta-llama\/Llama-3\n/);
    expect((await gateway.admin('GET', '/policies/support/meta-llama%2FLlama-3')).json.own).toEqual({
      ...{ threshold: 0.93, guard: 'strict', semantic: false },
    });
    expect((await nearhit('policy', 'list')).stdout).toContain('threshold=0.93 guard=strict semantic=false');

    await nearhit('policy', 'set', level, 'guard=', 'threshold=0.95');
    const get = JSON.parse((await nearhit('policy', 'get', level, '--json')).stdout);
    expect(get).toMatchObject({ guard: 'standard', own: { threshold: 0.95, semantic: false } });
    const replaced = JSON.parse((await nearhit('policy', 'set', level, '--replace', 'mode=off', '--json')).stdout);
    expect(replaced.own).toEqual({ mode: 'off' });
    await nearhit('policy', 'set', level, 'threshold=0.8');
    const partly = JSON.parse((await nearhit('policy', 'unset', level, 'mode', '--json')).stdout);
    expect(partly.own).toEqual({ threshold: 0.8 });

    expect((await nearhit('policy', 'unset', level)).code).toBe(0);
    const again = await nearhit('policy', 'unset', level);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/^nearhit: .*no policy.*\n$/);
    const root = await nearhit('policy', 'set', 'ttlSeconds=60');
    expect(root.stdout).toMatch(/^policy default\n/);
    expect((await gateway.admin('GET', '/policies/default')).json.ttlSeconds).toBe(60);
  });

  test('bench', async () => {
    const { gateway, nearhit } = await gatewayAndCommand();
    const args = ['bench', '-n', '60', '-c', '4', '--distinct', '5', '--model', 'demo-fast', '--json'];
    for (const more of [[], ['--stream']]) {
      const { code, stdout } = await nearhit(...args, ...more);
      expect(code).toBe(0);
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({ requests: 60, errors: 0, stream: more.length > 0 });
      expect(report.outcomes.map(({ outcome }: { outcome: string }) => outcome)).toContain('hit:l1');
      expect(report.all).toMatchObject({ count: 60, share: 1 });
    }
    const stats = await gateway.admin('GET', '/stats?namespace=bench');
    expect(stats.json.requests).toBe(120);
  });
});

describe('nearhit start', () => {
  test('is the gateway: answers, keeps its token where status finds it, ends on SIGTERM', async () => {
    const cwd = folder();
    const { child, ended } = launch(
      ['start', '--port', '0', '--data-dir', 'data', '--log-level', 'silent', '--json'],
      cwd,
    );
    const { url, pid } = JSON.parse(await firstLine(child));
    expect(pid).toBe(child.pid);
    const token = readFileSync(join(cwd, 'data', 'admin-token'), 'utf8').trim();
    expect(token).toMatch(/^nha_/);
    const status = await launch(['status', '--json'], cwd, { NEARHIT_URL: url, NEARHIT_DATA_DIR: 'data' }).ended;
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({ url, readiness: { ready: true } });
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toContain(`nearhit is ready on ${url}`);
  });

  test('takes its configuration from where it is told', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, 'mine.yaml'), 'policies:\n  default: { threshold: 0.97 }\n');
    const { child } = launch(['start', '--port', '0', '--config', 'mine.yaml', '--json'], cwd);
    const { url } = JSON.parse(await firstLine(child));
    const { stdout } = await launch(['policy', 'get', '--url', url], cwd).ended;
    expect(stdout).toMatch(/threshold +0\.97 +file:default\n/);
  });

  test('says in one line why it can not start', async () => {
    const cwd = folder();
    const absent = await launch(['start', '--port', '0', '--config', 'absent.yaml'], cwd).ended;
    expect(absent).toMatchObject({ code: 1, stdout: '' });
    expect(absent.stderr).toMatch(/^nearhit: .*absent\.yaml.*\n$/);
    const { gateway } = await gatewayAndCommand();
    const taken = await launch(['start', '--port', new URL(gateway.url).port], cwd, { LOG_LEVEL: 'silent' }).ended;
    expect(taken).toMatchObject({ code: 1, stdout: '' });
    expect(taken.stderr).toMatch(/^nearhit: .*EADDRINUSE.*\n$/);
  });
});
