import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { GatewayClient } from '../support/client.ts';
import { Deployment } from '../support/deployment.ts';
import { completion, FakeUpstream, lastUserText, sendJson } from '../support/fake-upstream.ts';
import { until } from '../support/until.ts';
import { lineOf, linesOf, rowsOf } from './page.ts';
import { type Metrics, scrapeInto, unknownIn } from './scrape.ts';

const fileOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

class Process extends GatewayClient {
  readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
  }
}

/** All that the processes have said in the end, after traffic of every kind. */
const served: Metrics = new Map();
let upstream: FakeUpstream;
let deployment: Deployment;

const yaml = (url: string) => `
cache: { lookupTimeoutMs: 5000 }
retry: { attemptsMax: 1 }
providers: [{ id: main, kind: openai, baseUrl: '${url}', apiKeys: [k] }]
models: [{ id: m, targets: [{ provider: main, model: m }], price: { inputUsdPerMTok: 10000, outputUsdPerMTok: 10000 } }]
policies: { namespaces: { bounded: { maxErrorRate: 0.01 }, audited: { auditShare: 1, auditBudgetUsdDay: 1000 } } }
`;

beforeAll(async () => {
  upstream = await FakeUpstream.start((call, res) => {
    const question = lastUserText(call.body);
    if (question.includes('refuse')) return sendJson(res, { error: { message: 'no such key' } }, 401);
    if (question.includes('fail')) return sendJson(res, { error: { message: 'broken' } }, 500);
    return sendJson(res, completion(call, 'An answer.'));
  });
  deployment = await Deployment.start({ yaml: yaml(upstream.url) });
  const gateway = deployment.ingress();
  for (const question of ['How do I reset my password?', 'How do I reset my password?', 'how do I reset my password']) {
    await gateway.ask(question);
    await gateway.flush();
  }
  const paraphrases = ['How do I reset the password of my account?', 'How do I reset the password for my account?'];
  for (const namespace of ['bounded', 'audited']) {
    for (const question of paraphrases) {
      await gateway.ask(question, {}, { 'x-nearhit-namespace': namespace });
      await gateway.flush();
    }
  }
  const worker = new Process(deployment.one('worker').url);
  await until('the hit was audited', async () => {
    return (await worker.send('GET', '/metrics')).text.includes('nearhit_audits_total{');
  });
  for (const question of ['Do refuse this one.', 'Do fail at this one.']) await gateway.ask(question);
  // A call costs 0.15 USD, the budget is 0.4: the second one comes near its end.
  const { json } = await gateway.admin('POST', '/keys', { name: 'k', tenant: 't', budgetUsdDay: 0.4 });
  for (const question of ['Which way is north?', 'Which way is south?'])
    await gateway.ask(question, { max_tokens: 5 }, { authorization: `Bearer ${json.key}` });
  for (const { url, service } of deployment.processes) await scrapeInto(served, new Process(url), service);
  await deployment.one('cache').end('SIGKILL');
  await until('the cache is missed', async () => {
    const { headers } = await gateway.ask(`Where is ${Math.random()}?`);
    return headers['x-nearhit-reason'] === 'cache-unavailable';
  });
  await scrapeInto(served, gateway, 'ingress');
}, 120_000);
afterAll(async () => {
  await deployment?.close();
  await upstream?.close();
});

test('docs/metrics.md says of every metric what the processes say of it', () => {
  expect(linesOf(fileOf('docs/metrics.md'))).toEqual(rowsOf(served).map(lineOf).sort());
});

test('a scraper that reads OpenMetrics is shown requests by their ids', async () => {
  const { text, headers } = await deployment.ingress().send('GET', '/metrics', undefined, {
    accept: 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5',
  });
  expect(headers['content-type']).toContain('application/openmetrics-text');
  expect(text).toMatch(
    /^nearhit_request_duration_seconds_bucket\{[^}]*\} \d+ # \{request_id="[^"]+"\} [0-9.]+ [0-9.]+$/m,
  );
  expect(text.endsWith('# EOF\n')).toBe(true);
});

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: { readonly severity: string };
  readonly annotations?: { readonly summary: string; readonly runbook_url: string };
}

describe('alert rules', () => {
  const rules: readonly Rule[] = parse(fileOf('infra/observability/alerts.yml')).groups.flatMap(
    ({ rules }: { rules: Rule[] }) => rules,
  );
  const alerts = rules.filter(({ alert }) => alert !== undefined);

  test.each(rules.map((rule) => [rule.alert ?? rule.record, rule] as const))(
    '%s speaks of what there is',
    (_, { expr }) => {
      expect(unknownIn(expr, served)).toEqual([]);
      const recorded = rules.map(({ record }) => record);
      for (const [name] of expr.matchAll(/\bnearhit:[a-z0-9_:]+/g)) expect(recorded).toContain(name);
    },
  );

  test.each(alerts.map((rule) => [rule.alert, rule] as const))(
    '%s says what it is, and where it is told what to do',
    (name, rule) => {
      expect(rule).toMatchObject({
        labels: { severity: expect.stringMatching(/^(critical|warning)$/) },
        annotations: { summary: expect.any(String), runbook_url: `docs/operations.md#${name?.toLowerCase()}` },
      });
      expect(rule.for ?? '1m').toMatch(/^\d+m$/);
      const [, section = ''] = fileOf('docs/operations.md').split(`\n### ${name}\n`);
      const [text = ''] = section.split('\n#');
      expect(text).toContain('**Means**');
      expect(text).toContain('**Do**');
    },
  );

  test('a name that nobody serves, a label and a value are found', () => {
    const wrong = 'sum by (colour) (nearhit_queue_jobs{state="ded",size="1"}) > nearhit_queue_jib';
    expect(unknownIn(wrong, served)).toEqual([
      ...['nearhit_queue_jobs{state=ded}', 'nearhit_queue_jobs{size}', 'nearhit_queue_jib', 'by (colour)'],
    ]);
  });

  test('are loaded by the Prometheus of the profile', () => {
    const { rule_files: files } = parse(fileOf('infra/observability/prometheus.yml'));
    const { prometheus } = parse(fileOf('infra/observability/compose.yml')).services;
    for (const file of files) expect(prometheus.volumes).toContain(`./${file}:/etc/prometheus/${file}:ro`);
  });
});

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

describe('the dashboard of Grafana', () => {
  const { panels, templating } = JSON.parse(fileOf('infra/observability/grafana/nearhit.json'));

  test.each((panels as Panel[]).filter(({ type }) => type !== 'row').map((panel) => [panel.title, panel] as const))(
    '%s shows what there is',
    (_, { targets = [] }) => {
      expect(targets.length).toBeGreaterThan(0);
      for (const { expr } of targets) expect(unknownIn(expr, served)).toEqual([]);
    },
  );

  test('chooses among namespaces and models; every panel has an id of its own', () => {
    expect(templating.list.map(({ name }: { name: string }) => name)).toEqual(['namespace', 'model']);
    for (const { query } of templating.list) {
      const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(query.query) ?? [];
      expect(served.get(metric)?.labels.has(label)).toBe(true);
    }
    expect(new Set((panels as Panel[]).map(({ id }) => id)).size).toBe(panels.length);
  });

  test('is what the profile shows at once', () => {
    const { environment, volumes } = parse(fileOf('infra/observability/compose.yml')).services.grafana;
    const home = environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH;
    expect(volumes).toContain(`./grafana/nearhit.json:${home}:ro`);
  });
});

test('what the autoscaler of the workers asks for is a metric', () => {
  const { seriesQuery, metricsQuery } = parse(fileOf('infra/kubernetes/prometheus-adapter.yaml')).rules.external[0];
  expect(served.has(seriesQuery.replace(/\{.*/, ''))).toBe(true);
  const query = metricsQuery.replace('<<.Series>>', 'nearhit_queue_jobs').replace('<<.LabelMatchers>>,', '');
  expect(unknownIn(query, served)).toEqual([]);
});
