import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { UsageRecord } from '@nearhit/core';
import { answerOf, type CountedCall, CountedProvider, Ledger } from '../support/counted-provider.ts';
import { Deployment } from '../support/deployment.ts';
import { DRILL_SEED, DrillClients, type Question, scaled, tell } from '../support/drill-clients.ts';
import { randomFrom } from '../support/random.ts';
import type { ServiceProcess } from '../support/service-process.ts';
import { until } from '../support/until.ts';
import { usageRecords } from '../support/usage-records.ts';

const CLIENTS = 30;
/** Answered between one blow and the next. */
const STEP = scaled(60);
const NAMES = ['one', 'two', 'three'] as const;
/** So many of the questions, the cache on, are asked again and again. */
const REPEATED = 40;
/** Long enough that a process that is killed always has calls in hand, and that the machine is not busy with the load alone. */
const HOLD_MS_MAX = 300;

const ledger = new Ledger();
const random = randomFrom(DRILL_SEED);
const providers: CountedProvider[] = [];
let deployment: Deployment;
let clients: DrillClients;
let records: UsageRecord[];

const yamlOf = (all: readonly CountedProvider[]): string => `
providers:
${all.map(({ name, url }) => `  - { id: ${name}, kind: openai, baseUrl: "${url}", apiKeys: [sk-${name}] }`).join('\n')}
models:
  - id: m
    routing: weighted
    targets:
${all.map(({ name }) => `      - { provider: ${name}, model: m }`).join('\n')}
    price: { inputUsdPerMTok: 1, outputUsdPerMTok: 10 }
logging: { requests: false }
cache: { lookupTimeoutMs: 5000 }
`;

let over = false;

function* questions(): Generator<Question> {
  for (let n = 0; !over; n++) {
    const repeated = n % 4 === 3;
    const text = repeated ? `What does the old sign ${n % REPEATED} say?` : `What does the sign with number ${n} say?`;
    const headers: Record<string, string> = repeated ? {} : { 'x-nearhit-cache': 'off' };
    yield { requestId: `counted-${n}`, text, stream: n % 2 === 0, headers };
  }
}

const answeredBeyond = (count: number) =>
  until(`${count} are answered`, () => clients.of('answered').length >= count, 60_000);

/** It goes while the load goes on, stays away for a while, and comes back to what it left. */
async function blow(service: ServiceProcess): Promise<void> {
  await service.end('SIGKILL');
  await answeredBeyond(clients.of('answered').length + STEP);
  await service.start();
  await answeredBeyond(clients.of('answered').length + STEP);
}

beforeAll(async () => {
  const hold = () => new Promise<void>((resolve) => setTimeout(resolve, random() * HOLD_MS_MAX));
  for (const name of NAMES) providers.push(await CountedProvider.start({ name, ledger, hold }));
  deployment = await Deployment.start({ replicas: { ingress: 2 }, yaml: yamlOf(providers) });
  const ingress = deployment.of('ingress');
  clients = new DrillClients(
    ingress.map(({ url }) => url),
    CLIENTS,
  );
  const load = clients.ask(questions());
  await answeredBeyond(STEP);
  await blow(deployment.one('worker'));
  for (const one of ingress) await blow(one);
  over = true;
  await load;
  records = await settledRecords();
  tell('accounts', {
    ...{ outcomes: clients.tally(), calls: ledger.calls.length, whole: ledger.whole.length, records: records.length },
    interrupted: records.filter(isInterrupted).length,
    promptTokens: ledger.whole.reduce((sum, call) => sum + call.promptTokens, 0),
  });
}, 300_000);
afterAll(async () => {
  over = true;
  await clients?.close();
  await deployment?.close();
  await Promise.all(providers.map((provider) => provider.close()));
});

/** When every request of which anything can be known has its record: those that killed processes left come last. */
async function settledRecords(): Promise<UsageRecord[]> {
  let found: UsageRecord[] = [];
  await until(
    'every call has its record',
    async () => {
      found = await usageRecords(deployment.ingress(1));
      const known = new Set(found.map(({ requestId }) => requestId));
      const wanted = [...ledger.calls, ...clients.of('answered')];
      return wanted.every(({ requestId }) => known.has(requestId));
    },
    90_000,
  ).catch(() => undefined);
  return found;
}

const recordsOf = (requestId: string): UsageRecord[] => records.filter((record) => record.requestId === requestId);
const tokensOf = ({ promptTokens, completionTokens }: Pick<CountedCall, 'promptTokens' | 'completionTokens'>) => ({
  promptTokens,
  completionTokens,
});
const isInterrupted = ({ outcome }: UsageRecord): boolean => outcome === 'interrupted';

test(`clients: every answer is the one to its question, and only the killed processes' clients lost theirs (seed ${DRILL_SEED})`, () => {
  const answers = new Map(ledger.whole.map((call) => [answerOf(call), call]));
  for (const { text, content } of clients.of('answered')) expect(answers.get(String(content))?.question).toBe(text);
  expect(clients.of('refused')).toEqual([]);
  expect(clients.of('answered').length).toBeGreaterThan(6 * STEP);
});

test('no record comes twice, and none is of a request that nobody made', () => {
  expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
  const made = new Set(clients.got.map(({ requestId }) => requestId));
  expect(records.filter(({ requestId }) => !made.has(requestId))).toEqual([]);
});

test('whatever a client got whole has one record, exact to the token', () => {
  const byAnswer = new Map(ledger.whole.map((call) => [answerOf(call), call]));
  for (const { requestId, content, replyHeaders } of clients.of('answered')) {
    const own = recordsOf(requestId);
    expect({ requestId, records: own.length }).toEqual({ requestId, records: 1 });
    const call = byAnswer.get(String(content)) as CountedCall;
    const paid = call.requestId === requestId;
    expect(replyHeaders['x-nearhit-cache'] === 'hit' && paid).toBe(false);
    const [record] = own as [UsageRecord];
    expect({ requestId, ...tokensOf(record) }).toEqual({
      requestId,
      ...(paid ? tokensOf(call) : { promptTokens: 0, completionTokens: 0 }),
    });
  }
});

test('whatever a provider answered whole is accounted with its tokens, or as interrupted', () => {
  for (const call of ledger.whole) {
    const own = recordsOf(call.requestId);
    expect({ requestId: call.requestId, records: own.length }).toEqual({ requestId: call.requestId, records: 1 });
    const [record] = own as [UsageRecord];
    if (isInterrupted(record)) expect(record.estimated).toBe(true);
    else expect(tokensOf(record)).toEqual(tokensOf(call));
  }
  // The blows fell while calls were on their way, and on no others.
  const interrupted = records.filter(isInterrupted);
  expect(interrupted.length).toBeGreaterThan(0);
  expect(interrupted.length).toBeLessThanOrEqual(2 * CLIENTS);
});

test('the sums are what the providers counted, to the token, and what that costs, to the nano-USD', async () => {
  const interrupted = new Set(records.filter(isInterrupted).map(({ requestId }) => requestId));
  const { json } = await deployment.ingress(0).admin('GET', '/usage?groupBy=provider');
  for (const { name } of providers) {
    const sums = json.groups.find(({ provider }: { provider: string }) => provider === name);
    const counted = ledger.whole.filter(({ provider, requestId }) => provider === name && !interrupted.has(requestId));
    const sum = (of: (call: CountedCall) => number) => counted.reduce((total, call) => total + of(call), 0);
    const promptTokens = sum((call) => call.promptTokens);
    const completionTokens = sum((call) => call.completionTokens);
    expect({ name, promptTokens: sums.promptTokens, completionTokens: sums.completionTokens }).toEqual({
      ...{ name, promptTokens, completionTokens },
    });
    expect(Math.round(sums.costUsd * 1e9)).toBe(promptTokens * 1_000 + completionTokens * 10_000);
  }
});
