import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { TargetStatus } from '@nearhit/core';
import { ChildGateway } from '../support/child-gateway.ts';
import { CountedProvider, Ledger, type Mood } from '../support/counted-provider.ts';
import { DrillClients, type Got, type Question, scaled, tell } from '../support/drill-clients.ts';
import { until } from '../support/until.ts';

const REQUESTS = scaled(400);
const CLIENTS = 20;
/** What `breaker.failures` is when nobody says anything. */
const FAILURES = 5;
const POLICIES = ['weighted', 'cost', 'latency', 'balanced'] as const;

let ledger: Ledger;
let dying: CountedProvider;
let well: CountedProvider;
let folder: string;
let gateway: ChildGateway;
const open: DrillClients[] = [];

interface Death {
  /** The one for which it is dead. */
  readonly model: string;
  readonly how: string;
  readonly die: () => Promise<void>;
  /** At the same address. */
  readonly rise: () => Promise<void>;
}

const inMood = (mood: Mood) => async () => {
  dying.mood = () => mood;
};
const DEATHS: readonly Death[] = [
  {
    ...{ model: 'gone', how: 'refuses connections', die: () => dying.close() },
    rise: async () => {
      dying = await CountedProvider.start({ name: 'dying', ledger, port: dying.port });
    },
  },
  { model: 'silent', how: 'never answers', die: inMood('silent'), rise: inMood('well') },
  { model: 'failing', how: 'answers 500', die: inMood('failing'), rise: inMood('well') },
];

const modelOf = (id: string, routing: string): string => `  - id: ${id}
    routing: ${routing}
    targets: [{ provider: dying, model: ${id} }, { provider: well, model: ${id} }]`;

/** A model for each way to die and each policy: what is known of the targets of one is not known of another's. */
const yamlOf = (): string => `
providers:
  - { id: dying, kind: openai, baseUrl: "${dying.url}", apiKeys: [sk-a], timeoutsMs: { connect: 500, firstByte: 500, total: 20000 } }
  - { id: well, kind: openai, baseUrl: "${well.url}", apiKeys: [sk-b] }
models:
${DEATHS.map(({ model }) => modelOf(model, 'priority')).join('\n')}
${POLICIES.map((policy) => modelOf(policy, policy)).join('\n')}
logging: { requests: false }
`;

beforeAll(async () => {
  ledger = new Ledger();
  dying = await CountedProvider.start({ name: 'dying', ledger });
  well = await CountedProvider.start({ name: 'well', ledger });
  folder = mkdtempSync(join(tmpdir(), 'nearhit-drill-'));
  writeFileSync(join(folder, 'nearhit.yaml'), yamlOf());
  gateway = await ChildGateway.start({ cwd: folder });
}, 60_000);
afterEach(() => Promise.all(open.splice(0).map((clients) => clients.close())));
afterAll(async () => {
  await gateway?.kill();
  await dying?.close();
  await well?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Everything is answered, whoever is dead. */
async function ask(model: string, name: string, count: number, clients = CLIENTS): Promise<readonly Got[]> {
  const asking = new DrillClients([gateway.url], clients);
  open.push(asking);
  const questions = Array.from({ length: count }, (_, n): Question => {
    const headers = { 'x-nearhit-cache': 'off' };
    const text = `What does ${name} ${n} say?`;
    return { requestId: `${model}-${name}-${n}`, text, stream: n % 2 === 1, headers, body: { model } };
  });
  await asking.ask(questions);
  expect(asking.got.filter(({ kind }) => kind !== 'answered')).toEqual([]);
  return asking.got;
}

const paidARetry = ({ replyHeaders }: Got): boolean => Number(replyHeaders['x-nearhit-attempts']) > 1;
const answeredBy = (got: readonly Got[], provider: string): number =>
  got.filter(({ replyHeaders }) => replyHeaders['x-nearhit-provider'] === provider).length;

async function breaker(of: string): Promise<TargetStatus['breaker'] | undefined> {
  const { json } = await gateway.admin('GET', '/providers');
  const provider = json.providers.find(({ id }: { id: string }) => id === 'dying');
  return provider.targets?.find(({ model }: TargetStatus) => model === of)?.breaker;
}

test.each(DEATHS)(
  'a first target that $how: once its breaker is open at most 1 % pay a retry',
  async ({ model, how, die, rise }) => {
    expect(answeredBy(await ask(model, 'before', 40), 'dying')).toBe(40);
    await die();
    const opening = (await ask(model, 'opening', 40)).filter(paidARetry).length;
    // Those that were on their way when the breaker opened have paid too, and nobody else.
    expect(opening).toBeLessThanOrEqual(FAILURES + CLIENTS);
    await until('the breaker is open', async () => (await breaker(model)) !== 'closed');

    const after = await ask(model, 'after', REQUESTS);
    const paid = after.filter(paidARetry).length;
    tell('dead-target', { how, requests: REQUESTS, paidAtTheOpening: opening, paid });
    expect(paid).toBeLessThanOrEqual(REQUESTS / 100);
    expect(answeredBy(after, 'well')).toBe(REQUESTS);
    await rise();
  },
  120_000,
);

test.each(POLICIES)(
  'a dead target under `%s`: the same, once it is known',
  async (policy) => {
    dying.mood = () => 'well';
    await ask(policy, 'before', 40);
    dying.mood = () => 'failing';
    // Until its breaker is open, or its error rate keeps everybody away before that.
    await ask(policy, 'opening', 100);
    const after = await ask(policy, 'after', REQUESTS);
    const paid = after.filter(paidARetry).length;
    tell('dead-target', { policy, requests: REQUESTS, paid });
    expect(paid).toBeLessThanOrEqual(REQUESTS / 100);
  },
  120_000,
);

test('a target that is well again is asked again', async () => {
  dying.mood = () => 'well';
  const risen = DEATHS.map(async ({ model }) => {
    const isAsked = async () => answeredBy(await ask(model, 'risen', 5, 1), 'dying') === 5;
    await until(`${model} is asked again`, isAsked, 30_000);
    expect(await breaker(model)).toBe('closed');
  });
  await Promise.all(risen);
}, 60_000);
