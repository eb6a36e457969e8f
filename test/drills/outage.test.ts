import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { UsageRecord } from '@nearhit/core';
import { answerOf, type CountedCall, CountedProvider, Ledger } from '../support/counted-provider.ts';
import { Deployment } from '../support/deployment.ts';
import { DRILL_SEED, DrillClients, type Question, scaled, tell } from '../support/drill-clients.ts';
import { randomFrom } from '../support/random.ts';
import { until } from '../support/until.ts';
import { usageRecords } from '../support/usage-records.ts';

const CLIENTS = 20;
/** Answered between one blow and the next. */
const STEP = scaled(60);
const OUTPUT_USD_PER_MTOK = 1;
/** So many of the questions, the cache on, are asked again and again. */
const REPEATED = 40;
const HOLD_MS_MAX = 200;

const ledger = new Ledger();
const random = randomFrom(DRILL_SEED);
let provider: CountedProvider;
let deployment: Deployment;
let clients: DrillClients;
let urls: string[];
let key: { readonly id: string; readonly key: string };
let records: UsageRecord[] = [];
/** Answered while that was away. */
const during: Record<string, number> = {};

const yamlOf = (url: string): string => `
providers:
  - { id: house, kind: openai, baseUrl: "${url}", apiKeys: [sk-house] }
models:
  - id: m
    targets: [{ provider: house, model: m }]
    price: { inputUsdPerMTok: 0, outputUsdPerMTok: ${OUTPUT_USD_PER_MTOK} }
logging: { requests: false }
`;

async function makeKey(limits: object): Promise<typeof key> {
  const { status, text, json } = await deployment.ingress().admin('POST', '/keys', { tenant: 'house', ...limits });
  if (status >= 300) throw new Error(`a key could not be made: ${status} ${text}`);
  return json;
}

let over = false;
let asked = 0;

function* questions(secret: string, count = Number.POSITIVE_INFINITY): Generator<Question> {
  for (let n = 0; n < count && !over; n++) {
    const repeated = n % 4 === 3;
    const text = `What does the sign with number ${repeated ? n % REPEATED : ++asked + REPEATED} say?`;
    const headers: Record<string, string> = repeated ? {} : { 'x-nearhit-cache': 'off' };
    headers.authorization = `Bearer ${secret}`;
    yield { requestId: `outage-${secret.slice(-6)}-${n}`, text, stream: n % 2 === 0, headers };
  }
}

const answered = () => clients.of('answered').length;
const moreAreAnswered = (from = answered()) =>
  until(`${STEP} more are answered`, () => answered() - from >= STEP, 60_000);

/** While it is away the load goes on, and after that. */
async function without(what: string, leave: () => Promise<unknown>, comeBack: () => Promise<unknown>): Promise<void> {
  await leave();
  const from = answered();
  await moreAreAnswered();
  during[what] = answered() - from;
  await comeBack();
  await moreAreAnswered();
}

beforeAll(async () => {
  const hold = () => new Promise<void>((resolve) => setTimeout(resolve, random() * HOLD_MS_MAX));
  provider = await CountedProvider.start({ name: 'house', ledger, hold });
  const redis = { args: ['--appendonly', 'yes'] };
  deployment = await Deployment.start({ replicas: { ingress: 2 }, yaml: yamlOf(provider.url), redis });
  urls = deployment.of('ingress').map(({ url }) => url);
  key = await makeKey({ name: 'load', rpm: 1_000_000, tpm: 1e12, concurrent: 1_000, budgetUsdMonth: 1_000_000 });
  clients = new DrillClients(urls, CLIENTS);
  const load = clients.ask(questions(key.key));
  await moreAreAnswered();
  const worker = deployment.one('worker');
  const { redis: server } = deployment;
  await without(
    'worker',
    () => worker.end('SIGKILL'),
    () => worker.start(),
  );
  await without(
    'Redis, killed',
    () => server.kill('SIGKILL'),
    () => server.run(),
  );
  await without(
    'Redis, stopped',
    () => server.kill('SIGTERM'),
    () => server.run(),
  );
  over = true;
  await load;
  const everyCall = async () => {
    records = await usageRecords(deployment.ingress(1));
    const known = new Set(records.map(({ requestId }) => requestId));
    return clients.got.every(({ requestId }) => known.has(requestId));
  };
  await until('every request has its record', everyCall, 60_000).catch(() => undefined);
  tell('outage', { outcomes: clients.tally(), during, calls: ledger.calls.length, records: records.length });
}, 300_000);
afterAll(async () => {
  over = true;
  await clients?.close();
  await deployment?.close();
  await provider?.close();
});

test(`everybody is answered, and with the answer to their question (seed ${DRILL_SEED})`, () => {
  expect(clients.got.filter(({ kind }) => kind !== 'answered')).toEqual([]);
  const answers = new Map(ledger.whole.map((call) => [answerOf(call), call]));
  for (const { text, content } of clients.got) expect(answers.get(String(content))?.question).toBe(text);
  for (const count of Object.values(during)) expect(count).toBeGreaterThanOrEqual(STEP);
});

test('every request has one record, exact to the token', () => {
  expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
  expect(records.filter(({ outcome }) => outcome === 'interrupted')).toEqual([]);
  const calls = new Map(ledger.calls.map((call) => [call.requestId, call]));
  const used = (call: CountedCall | undefined) => [call?.promptTokens ?? 0, call?.completionTokens ?? 0];
  const made = clients.got.map(({ requestId }) => [requestId, ...used(calls.get(requestId))].join());
  const booked = records.map(({ requestId, promptTokens, completionTokens }) =>
    [requestId, promptTokens, completionTokens].join(),
  );
  expect(booked.sort()).toEqual(made.sort());
});

test('the sums are what the provider counted, and so is what the key has spent, the outages included', async () => {
  const completionTokens = ledger.whole.reduce((sum, call) => sum + call.completionTokens, 0);
  const nanoUsd = completionTokens * OUTPUT_USD_PER_MTOK * 1_000;
  let totals = { completionTokens: 0, costUsd: 0 };
  // The store has been away, and takes its time to say so.
  await until('the accounts can be read', async () => {
    const { status, json } = await deployment.ingress(0).admin('GET', '/usage?groupBy=key');
    totals = json.totals;
    return status === 200;
  });
  expect(totals).toMatchObject({ completionTokens });
  expect(Math.round(totals.costUsd * 1e9)).toBe(nanoUsd);
  const spent = async () => {
    const { json } = await deployment.ingress(0).admin('GET', `/keys/${key.id}`);
    return Math.round(json.use.spentUsdMonth * 1e9);
  };
  await until('all is booked', async () => (await spent()) >= nanoUsd, 30_000).catch(() => undefined);
  expect(await spent()).toBe(nanoUsd);
}, 40_000);

test('limits are exact again', async () => {
  over = false;
  // Until a probe has found out that Redis is back, requests pass uncounted.
  await Promise.all(deployment.of('ingress').map((one) => one.whole()));
  const rpm = 23;
  const limited = await makeKey({ name: 'limited', rpm });
  const asking = new DrillClients(urls, CLIENTS);
  try {
    await asking.ask(questions(limited.key, rpm * 2));
    expect(asking.tally()).toEqual({ 'answered 200': rpm, 'refused 429': rpm });
  } finally {
    await asking.close();
  }
}, 60_000);
