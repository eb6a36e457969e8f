import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { TargetStatus } from '@nearhit/core';
import { ChildGateway } from '../support/child-gateway.ts';
import { CountedProvider, Ledger } from '../support/counted-provider.ts';
import { DrillClients, type Got, type Question, scaled } from '../support/drill-clients.ts';
import { until } from '../support/until.ts';

const REQUESTS = scaled(1_000);
const CLIENTS = 20;
const FAILURES = 5;

let ledger: Ledger;
let dying: CountedProvider;
let well: CountedProvider;
let folder: string;
let gateway: ChildGateway;
const open: DrillClients[] = [];

const yamlOf = (routing: string): string => `
providers:
  - { id: dying, kind: openai, baseUrl: "${dying.url}", apiKeys: [sk-a], timeoutsMs: { connect: 500, firstByte: 500, total: 20000 } }
  - { id: well, kind: openai, baseUrl: "${well.url}", apiKeys: [sk-b] }
models:
  - id: m
    routing: ${routing}
    targets: [{ provider: dying, model: m }, { provider: well, model: m }]
retry: { attemptsMax: 2, backoffMs: 50, backoffMsMax: 500 }
breaker: { failures: ${FAILURES}, openMs: 2000 }
logging: { requests: false }
`;

beforeEach(async () => {
  ledger = new Ledger();
  dying = await CountedProvider.start({ name: 'dying', ledger });
  well = await CountedProvider.start({ name: 'well', ledger });
  folder = mkdtempSync(join(tmpdir(), 'nearhit-drill-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((clients) => clients.close()));
  await gateway?.kill();
  await dying.close();
  await well.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(routing: string): Promise<void> {
  writeFileSync(join(folder, 'nearhit.yaml'), yamlOf(routing));
  gateway = await ChildGateway.start({ cwd: folder });
}

/** Everything is answered, whoever is dead. */
async function ask(name: string, count: number, clients = CLIENTS): Promise<readonly Got[]> {
  const asking = new DrillClients([gateway.url], clients);
  open.push(asking);
  const questions = Array.from({ length: count }, (_, n): Question => {
    const headers = { 'x-nearhit-cache': 'off' };
    return { requestId: `${name}-${n}`, text: `What does ${name} ${n} say?`, stream: n % 2 === 1, headers };
  });
  await asking.ask(questions);
  expect(asking.got.filter(({ kind }) => kind !== 'answered')).toEqual([]);
  return asking.got;
}

const paidARetry = ({ replyHeaders }: Got): boolean => Number(replyHeaders['x-nearhit-attempts']) > 1;
const answeredBy = (got: readonly Got[], provider: string): number =>
  got.filter(({ replyHeaders }) => replyHeaders['x-nearhit-provider'] === provider).length;

async function breaker(): Promise<TargetStatus['breaker'] | undefined> {
  const { json } = await gateway.admin('GET', '/providers');
  const provider = json.providers.find(({ id }: { id: string }) => id === 'dying');
  return provider.targets?.find(({ model }: TargetStatus) => model === 'm')?.breaker;
}

/** How a target is dead, and how it comes back at the same address. */
const DEATHS: readonly [how: string, die: () => Promise<void>, rise: () => Promise<void>][] = [
  [
    'refuses connections',
    () => dying.close(),
    async () => {
      dying = await CountedProvider.start({ name: 'dying', ledger, port: dying.port });
    },
  ],
  [
    'never answers',
    async () => {
      dying.mood = () => 'silent';
    },
    async () => {
      dying.mood = () => 'well';
    },
  ],
  [
    'answers 500',
    async () => {
      dying.mood = () => 'failing';
    },
    async () => {
      dying.mood = () => 'well';
    },
  ],
];

test.each(DEATHS)(
  'a first target that %s: once its breaker is open at most 1 %% pay a retry',
  async (_how, die, rise) => {
    await start('priority');
    expect(answeredBy(await ask('before', 40), 'dying')).toBe(40);

    await die();
    const opening = await ask('opening', 40);
    // Those that were on their way when the breaker opened have paid too, and nobody else.
    expect(opening.filter(paidARetry).length).toBeLessThanOrEqual(FAILURES + CLIENTS);
    await until('the breaker is open', async () => (await breaker()) !== 'closed');

    const after = await ask('after', REQUESTS);
    expect(after.filter(paidARetry).length).toBeLessThanOrEqual(REQUESTS / 100);
    expect(answeredBy(after, 'well')).toBe(REQUESTS);

    await rise();
    await until('it is asked again', async () => answeredBy(await ask('risen', 5, 1), 'dying') === 5);
    expect(await breaker()).toBe('closed');
  },
  120_000,
);

test.each(['weighted', 'cost', 'latency', 'balanced'])(
  'a dead target under `%s`: the same, once it is known',
  async (routing) => {
    await start(routing);
    await ask('before', 40);
    dying.mood = () => 'failing';
    // Until its breaker is open, or its error rate keeps everybody away before that.
    await ask('opening', 100);
    const after = await ask('after', REQUESTS);
    expect(after.filter(paidARetry).length).toBeLessThanOrEqual(REQUESTS / 100);
  },
  120_000,
);
