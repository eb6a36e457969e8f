import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ChildGateway } from '../support/child-gateway.ts';
import { PATIENT } from '../support/client.ts';
import { FakeUpstream, sendJson } from '../support/fake-upstream.ts';
import { until } from '../support/until.ts';

const ROUNDS = 3;
const CLIENTS = 5;
const CONFIG = `${PATIENT}
models:
  - { id: m, price: { inputUsdPerMTok: 3, outputUsdPerMTok: 7 } }
`;

let folder: string;
let upstream: FakeUpstream;
let gateway: ChildGateway | undefined;

/** Tokens as the provider counts them: a function of the question. */
const usageOf = (number: number) => ({ prompt_tokens: 100 + (number % 37), completion_tokens: 10 + (number % 11) });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nearhit-accounts-'));
  writeFileSync(join(folder, 'nearhit.yaml'), CONFIG);
  upstream = await FakeUpstream.start(async ({ body }, res) => {
    const number = Number(/\d+/.exec(String(body.messages[0]?.content))?.[0]);
    await new Promise((resolve) => setTimeout(resolve, number % 20));
    if (res.destroyed) return;
    const usage = usageOf(number);
    sendJson(res, {
      ...{ id: `c${number}`, object: 'chat.completion', created: 1, model: 'm-1' },
      choices: [{ index: 0, message: { role: 'assistant', content: `answer ${number}` }, finish_reason: 'stop' }],
      usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens },
    });
  });
});
afterEach(async () => {
  await gateway?.kill();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (): Promise<ChildGateway> => {
  gateway = await ChildGateway.start({
    embedding: 'shared',
    cwd: folder,
    env: { OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: 'sk-house' },
  });
  return gateway;
};

interface Row {
  readonly requestId: string;
  readonly outcome: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly costUsd: number;
  readonly estimated?: boolean;
}

async function recordsOf(child: ChildGateway): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor = ''; ; ) {
    const { json } = await child.admin('GET', `/usage/records?limit=1000&cursor=${cursor}`);
    rows.push(...json.records);
    if (json.cursor === undefined) return rows;
    cursor = json.cursor;
  }
}

test('after kill -9 in the middle of calls the accounts are those of the provider, to the token and the nano-USD', async () => {
  const answered = new Set<string>();
  let next = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const child = await start();
    const ask = async (): Promise<void> => {
      for (;;) {
        const number = next++;
        const headers = { 'x-request-id': `r-${number}`, 'x-nearhit-cache': number % 9 === 0 ? 'off' : 'on' };
        const reply = await child
          .ask(`What is number ${number} about?`, { model: 'm' }, headers)
          .catch(() => undefined);
        if (reply === undefined) return;
        expect([number, reply.status]).toEqual([number, 200]);
        answered.add(`r-${number}`);
      }
    };
    const clients = Array.from({ length: CLIENTS }, ask);
    await upstream.called(upstream.calls.length + 60 + 25 * round);
    await child.kill();
    await Promise.all(clients);
  }
  const child = await start();
  await until('what was left behind is accounted', async () => {
    const { json } = await child.admin('GET', '/usage?groupBy=day');
    return json.totals.requests >= upstream.calls.length;
  });
  const rows = await recordsOf(child);
  const { json: usage } = await child.admin('GET', '/usage?groupBy=model');

  // One record per call that reached the provider; of calls that were cut off, one that says so.
  const byRequest = new Map(rows.map((row) => [row.requestId, row]));
  expect(byRequest.size).toBe(rows.length);
  for (const { body } of upstream.calls)
    expect(byRequest.has(`r-${/\d+/.exec(String(body.messages[0]?.content))?.[0]}`)).toBe(true);
  for (const id of answered) {
    const { prompt_tokens: promptTokens, completion_tokens: completionTokens } = usageOf(Number(id.slice(2)));
    const costUsd = (promptTokens * 3 + completionTokens * 7) / 1e6;
    expect(byRequest.get(id)).toMatchObject({ promptTokens, completionTokens, costUsd });
  }
  const cutOff = rows.filter(({ outcome }) => outcome === 'interrupted');
  expect(cutOff.every(({ estimated, requestId }) => estimated === true && !answered.has(requestId))).toBe(true);
  expect(cutOff.length).toBeLessThanOrEqual(ROUNDS * CLIENTS);
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  expect(usage.totals).toMatchObject({
    ...{ requests: rows.length, errors: cutOff.length },
    ...{ promptTokens: sum((row) => row.promptTokens), completionTokens: sum((row) => row.completionTokens) },
    costUsd: sum((row) => Math.round(row.costUsd * 1e9)) / 1e9,
  });
  child.signal('SIGTERM');
  expect((await child.ended).code).toBe(0);
  expect(readdirSync(join(folder, '.nearhit', 'accounts'))).toEqual([]);
}, 180_000);

test('one line per request, with what it was and without what it said; hits and embeddings are accounted too', async () => {
  writeFileSync(join(folder, 'nearhit.yaml'), `${CONFIG}logging: { requests: true }\n`);
  gateway = await ChildGateway.start({
    embedding: 'shared',
    cwd: folder,
    env: { OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: 'sk-house-123456789012', LOG_LEVEL: 'info' },
  });
  const child = gateway;
  for (const id of ['first', 'second'])
    await child.ask('What is number 5 about?', { model: 'm' }, { 'x-request-id': id });
  await fetch(`${child.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'third' },
    body: JSON.stringify({ model: 'all-MiniLM-L6-v2', input: 'two words' }),
  });
  await until('all are told of', () => ['first', 'second', 'third'].every((id) => child.stderr.includes(`"${id}"`)));
  const lines = child.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg === 'request');
  expect(lines).toMatchObject([
    { level: 30, requestId: 'first', outcome: 'miss', target: 'openai/m', status: 200, promptTokens: 105, attempts: 1 },
    { requestId: 'second', outcome: 'hit', layer: 'l1', status: 200, costUsd: 0, savedUsd: 0.00042 },
    { requestId: 'third', endpoint: 'embeddings', outcome: 'bypass', target: 'nearhit/all-MiniLM-L6-v2' },
  ]);
  expect(child.stderr).not.toMatch(/number 5|sk-house|two words/);
  const rows = await recordsOf(child);
  expect(rows.map(({ requestId }) => requestId).sort()).toEqual(['first', 'second', 'third']);
  const { json } = await child.admin('GET', '/usage?groupBy=provider');
  expect(json.totals).toMatchObject({
    requests: 3,
    hits: 1,
    misses: 1,
    bypasses: 1,
    savedUsd: 0.00042,
    costUsd: 0.00042,
  });
  const [journal] = readdirSync(join(folder, '.nearhit', 'accounts')).filter((name) => name.endsWith('.journal'));
  expect(readFileSync(join(folder, '.nearhit', 'accounts', journal as string), 'utf8')).not.toContain('number 5');
}, 60_000);
