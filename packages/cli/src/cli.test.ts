import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { closeAll, listen, MAIN, nearhit, temporaryFolder } from '../test/cli.ts';

afterEach(closeAll);

describe('usage', () => {
  test('help and version are what was asked for', async () => {
    const { code, stdout, stderr } = await nearhit(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const command of ['start', 'status', 'models', 'policy', 'queue', 'feedback', 'calibration', 'eval', 'bench'])
      expect(stdout).toContain(`\n  ${command}`);
    expect(await nearhit(['--version'])).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
  });

  test.each([
    [[], 'Usage: nearhit'],
    [['statsu'], 'Did you mean status?'],
    [['models', 'gpt-4o'], 'too many arguments'],
    [['policy'], 'Usage: nearhit policy'],
    [['policy', 'set', 'support'], 'Nothing to set'],
    [['policy', 'set', 'support', 'treshold=1'], 'No such field: treshold'],
    [['policy', 'set', 'a b', 'threshold=1'], 'Not a namespace'],
    [['feedback', 'r'], 'Say either --wrong or --right'],
    [['feedback', '--wrong'], 'Name a request, or an answer with --entry'],
    [['feedback', 'r', '--wrong', '--right'], 'Say either --wrong or --right'],
    [['feedback', 'r', '--wrong', '--query', 'q'], '--query goes with --entry'],
    [['policy', 'unset'], "missing required argument 'namespace[/model]'"],
    [['status', '--window', '2h'], 'Allowed choices are 5m, 1h, 24h, 7d'],
    [['status', '--url', 'gate'], 'Not the address of a gateway'],
    [['queue', 'discard'], 'or give --all'],
    [['queue', 'discard', 'job-1', '--all'], 'or give --all'],
    [['queue', 'dead', '--limit', '0'], 'from 1 to 1000'],
    [['queue', 'empty'], 'too many arguments'],
    [['start', '--port', '65536'], 'from 0 to 65535'],
    [['start', 'now'], 'too many arguments'],
    [['batch'], 'Usage: nearhit batch'],
    [['batch', 'run'], "missing required argument 'file.jsonl'"],
    [['batch', 'show'], "missing required argument 'id'"],
    [['batch', 'list', '--limit', '101'], 'from 1 to 100'],
    [['eval'], "missing required argument 'files'"],
    [['eval', '-', '--guard', 'lax'], 'Expected some of off, standard, strict'],
    [['bench', '--concurrency', '0'], 'from 1 to 10000'],
    [['bench', '--duration', 'soon'], 'Expected a duration'],
    [['bench', '--cache', 'maybe'], 'Allowed choices'],
    [['bench', '--fast'], "unknown option '--fast'"],
  ])('%j is wrong: exit code 2', async (args, why) => {
    const { code, stdout, stderr } = await nearhit(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(why);
    expect(stderr).not.toMatch(/\n +at /);
  });
});

describe('no gateway', () => {
  test.each([
    'status',
    'models',
    'policy get',
    'policy list',
    'policy set mode=off',
    'queue',
    'queue redrive',
    'batch list',
    'bench',
  ])('answers %s', async (command) => {
    const url = await listen(() => {});
    await closeAll();
    const ran = await nearhit([...command.split(' '), '--url', url, '--json']);
    const stderr = `nearhit: No gateway answers on ${url}: start it with \`nearhit start\`, or name another with --url.\n`;
    expect(ran).toEqual({ code: 1, stdout: '', stderr });
  });

  test('but somebody else', async () => {
    const url = await listen((_req, res) => res.writeHead(404).end('<h1>nginx</h1>'));
    const { code, stderr } = await nearhit(['status', '--url', url]);
    expect(code).toBe(1);
    expect(stderr).toBe(`nearhit: ${url}/healthz answered 404, not as nearhit does.\n`);
  });
});

test('a file of pairs that is not there, or is none', async () => {
  expect(await nearhit(['eval', 'absent.jsonl'])).toMatchObject({
    code: 1,
    stderr: 'nearhit: There is no file absent.jsonl.\n',
  });
  expect(await nearhit(['eval', '.'])).toMatchObject({ code: 1, stderr: expect.stringContaining('. is a folder') });
  const model = await nearhit(['eval', '-', '--model', './absent'], { stdin: '' });
  expect([model.code, model.stdout]).toEqual([1, '']);
  expect(model.stderr).toMatch(/^nearhit: .*absent.*\n$/);
});

describe('eval with the real model', () => {
  const PAIRS = [
    '\ufeff{"a":"How do I reset my password?","b":"how do I reset my password","equivalent":true,"kind":"same"}',
    '{"a":"How do I cancel order 1234?","b":"How do I cancel order 4321?","equivalent":false,"kind":"number"}',
    'nope',
    '{"a":"What is the capital of France?","b":"How long do I boil an egg?","equivalent":false}',
    '{"a":"","b":"x","equivalent":true}',
    '',
    '{"a":"What is the capital of France?","b":"What is the capital of France?","equivalent":true,"kind":"same"}',
  ];

  test('measures, and reports bad lines with their numbers', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'pairs.jsonl'), PAIRS.join('\n'));
    const { code, stdout, stderr } = await nearhit(['eval', 'pairs.jsonl', '--threshold', '0.8,0.99', '--json'], {
      cwd,
    });
    expect(code).toBe(0);
    expect(stderr).toContain('pairs.jsonl:3: not JSON');
    expect(stderr).toContain('pairs.jsonl:5: a: expected a question');
    const { settings, ...rest } = JSON.parse(stdout);
    expect(rest).toMatchObject({
      ...{ file: 'pairs.jsonl', badLines: 2, embeddingModel: { id: 'all-MiniLM-L6-v2' } },
      pairs: { total: 4, equivalent: 2, different: 2, tooLong: 0 },
    });
    const [off, , standard] = settings;
    expect(off).toMatchObject({ guard: 'off', threshold: 0.8, hitRate: { count: 2, of: 2, rate: 1 } });
    expect(off).toMatchObject({ falseHitRate: { count: 1, of: 2 }, precision: { count: 2, of: 3 }, refusedBy: [] });
    expect(standard).toMatchObject({ guard: 'standard', threshold: 0.8, falseHitRate: { count: 0, of: 2, low: 0 } });
    expect(standard.refusedBy).toEqual([{ guard: 'number', equivalent: 0, different: 1 }]);
    expect(standard.kinds.map(({ kind }: { kind: string }) => kind)).toEqual(['(none)', 'number', 'same']);
  });

  test('reads stdin, stops at its limit, writes tables', async () => {
    const { code, stdout } = await nearhit(['eval', '-', '--limit', '2', '--threshold', '0.8'], {
      stdin: PAIRS.join('\n'),
    });
    expect(code).toBe(0);
    expect(stdout).toContain('2 pairs: 1 equivalent, 1 different\n');
    expect(stdout).toMatch(/guard standard\n.*\n {2}0\.80 .*1\/1 .*0\/1 .*1\/1\n/);
    expect(stdout).toMatch(/refused by guards at 0\.80, guard standard\n.*\n {2}number +1 +0\n/);
  });

  test('fails when no line is a pair', async () => {
    const { code, stdout, stderr } = await nearhit(['eval', '-'], { stdin: 'a\nb\n' });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('-:2: not JSON');
    expect(stderr).toContain('nearhit: - holds no pair that could be read.\n');
  });
});

describe('bench', () => {
  /** Answers as a gateway would; every fourth request is refused. */
  async function gateway() {
    const seen: { body: { model: string; stream?: boolean; messages: unknown }; headers: Record<string, unknown> }[] =
      [];
    const url = await listen((req, res, body) => {
      if (req.url === '/healthz') return void res.end('{"status":"ok"}');
      seen.push({ body: JSON.parse(body), headers: req.headers });
      if (seen.length % 4 === 0) return void res.writeHead(429).end('{"error":{"code":"rate_limit_exceeded"}}');
      const hit = seen.length % 4 === 1;
      const stream = seen.at(-1)?.body.stream === true;
      res.writeHead(200, {
        'content-type': stream ? 'text/event-stream' : 'application/json',
        ...(hit
          ? { 'x-nearhit-cache': 'hit', 'x-nearhit-layer': 'l1' }
          : { 'x-nearhit-cache': 'miss', 'x-nearhit-reason': 'no-candidate' }),
        'x-nearhit-overhead-ms': '0.500',
      });
      res.end(stream ? `data: {}\n\n${hit ? 'data: [DONE]\n\n' : ''}` : '{}');
    });
    return { url, seen };
  }

  test('counts outcomes, reasons and errors', async () => {
    const { url, seen } = await gateway();
    const args = [
      'bench',
      '--url',
      url,
      '-n',
      '40',
      '-c',
      '4',
      '--json',
      '--key',
      'nh_1',
      '--namespace',
      'b',
      '--cache',
      'on',
    ];
    const { code, stdout } = await nearhit(args);
    expect(code).toBe(0);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ requests: 40, errors: 10, concurrency: 4, model: 'demo', interrupted: false });
    expect(report.errorsByKind).toEqual({ 'HTTP 429 rate_limit_exceeded': 10 });
    expect(report.reasons).toEqual({ 'no-candidate': 20 });
    expect(report.outcomes).toMatchObject([
      { outcome: 'hit:l1', count: 10, share: 0.25, overheadMs: { p50: expect.closeTo(0.5, 2) } },
      { outcome: 'miss', count: 20 },
    ]);
    expect(report.hitRate).toBeCloseTo(1 / 3);
    expect(seen).toHaveLength(40);
    expect(seen[0]?.headers).toMatchObject({
      ...{ authorization: 'Bearer nh_1', 'x-nearhit-namespace': 'b', 'x-nearhit-cache': 'on' },
    });
  });

  test('asks a file’s prompts in order, for streams that must be whole', async () => {
    const { url, seen } = await gateway();
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'p.txt'), 'one\ntwo\nthree\n');
    const { code, stdout } = await nearhit(
      ['bench', '--url', url, '-n', '5', '-c', '1', '--stream', '--prompts', 'p.txt', '--model', 'm'],
      { cwd },
    );
    expect(code).toBe(0);
    expect(seen.map(({ body }) => body)).toEqual(
      ['one', 'two', 'three', 'one', 'two'].map((content) => ({
        ...{ model: 'm', messages: [{ role: 'user', content }], stream: true },
      })),
    );
    expect(stdout).toMatch(/stream ended without \[DONE\] +2 requests/);
    expect(stdout).toMatch(/HTTP 429 rate_limit_exceeded +1 request\n/);
    expect(stdout).toContain('first byte p50');
  });

  test('ends after its duration', async () => {
    const { url } = await gateway();
    const { code, stdout } = await nearhit(['bench', '--url', url, '-d', '300ms', '-c', '2', '--json']);
    expect(code).toBe(0);
    const { elapsedSeconds, requests } = JSON.parse(stdout);
    expect(elapsedSeconds).toBeGreaterThanOrEqual(0.3);
    expect(requests).toBeGreaterThan(0);
  });

  test('fails when nothing was answered', async () => {
    const url = await listen((req, res) => {
      if (req.url === '/healthz') res.end('{"status":"ok"}');
      else req.socket.destroy();
    });
    const { code, stdout } = await nearhit(['bench', '--url', url, '-n', '6', '-c', '2', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ requests: 6, errors: 6, hitRate: null, outcomes: [] });
  });

  test('gives up on an answer that does not come', async () => {
    const url = await listen((req, res) => {
      if (req.url === '/healthz') res.end('{"status":"ok"}');
    });
    const { code, stdout } = await nearhit([
      'bench',
      '--url',
      url,
      '-n',
      '2',
      '-c',
      '2',
      '--timeout',
      '100ms',
      '--json',
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).errorsByKind).toEqual({ timeout: 2 });
  });

  test('reports what it has when interrupted', async () => {
    const { url, seen } = await gateway();
    const child = spawn(process.execPath, [MAIN, 'bench', '--url', url, '-d', '1h', '-c', '1', '--json']);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    while (seen.length < 8) await new Promise(setImmediate);
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ interrupted: true, requests: seen.length });
  });
});

test('a reader who has seen enough is no failure', async () => {
  const url = await listen((_req, res) => res.end(JSON.stringify({ policies: [] })));
  const child = spawn(process.execPath, [MAIN, 'policy', 'list', '--url', url, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.destroy();
  const [code] = await once(child, 'close');
  expect([code, stderr]).toEqual([0, '']);
});
