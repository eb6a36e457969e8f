import { afterEach, describe, expect, test } from '@jest/globals';
import { closeAll, listen, nearhit } from '../../test/cli.ts';
import { amount, day, mix, prices, share } from './arguments.ts';
import { inputFrom } from './from-accounts.ts';
import { computeRoi } from './roi.ts';

afterEach(closeAll);

const PRICES = new Map([
  ['gpt-4o', { inputUsdPerMTok: 2.5, outputUsdPerMTok: 10 }],
  ['gpt-4o-mini', { inputUsdPerMTok: 0.15, outputUsdPerMTok: 0.6 }],
]);

describe('computeRoi', () => {
  test('requests x tokens x price, mixes by their shares, the cache before them', () => {
    const input = { requests: 1_000_000, inputTokens: 800, outputTokens: 300, model: 'gpt-4o', hitRate: 0.35 };
    const routing = mix('gpt-4o=0.3,gpt-4o-mini=70%');
    const roi = computeRoi({ ...input, routing }, (model) => PRICES.get(model) as never);
    // 800 x 2.5 + 300 x 10 = 5000 millionths; 800 x 0.15 + 300 x 0.6 = 300.
    expect(roi.requestUsd['gpt-4o']).toBeCloseTo(0.005, 12);
    expect(roi.requestUsd['gpt-4o-mini']).toBeCloseTo(0.0003, 12);
    const expected = { direct: 5000, routing: 1710, caching: 3250, both: 1111.5 };
    for (const { name, costUsd, savedUsd, savedShare } of roi.rows) {
      expect(costUsd).toBeCloseTo(expected[name], 6);
      expect(savedUsd).toBeCloseTo(5000 - expected[name], 6);
      expect(savedShare).toBeCloseTo(1 - expected[name] / 5000, 9);
    }
    expect(roi.rows.map(({ calls }) => calls)).toEqual([1e6, 1e6, 650_000, 650_000]);
  });

  test('nothing to save of nothing', () => {
    const input = { requests: 0, inputTokens: 1, outputTokens: 1, model: 'm', hitRate: 1 };
    const free = { inputUsdPerMTok: 0, outputUsdPerMTok: 0 };
    for (const row of computeRoi(input, () => free).rows) expect(row).toMatchObject({ costUsd: 0, savedShare: null });
  });
});

test.each([
  ['0.35', 0.35],
  ['35%', 0.35],
  ['0', 0],
  ['100 %', 1],
])('share %s', (text, value) => expect(share(text)).toBeCloseTo(value, 12));

test.each([
  ['1000000', 1e6],
  ['1_000_000', 1e6],
  ['1.5M', 1.5e6],
  ['800k', 8e5],
  ['2e6', 2e6],
])('amount %s', (text, value) => expect(amount(text)).toBe(value));

test('what is no argument is refused', () => {
  for (const text of ['', '1.1', '-1', '101%', 'half']) expect(() => share(text)).toThrow();
  for (const text of ['', '-5', 'many', '1g', '1.2.3']) expect(() => amount(text)).toThrow();
  for (const text of ['a', 'a=0.5', 'a=0.5,b=0.6', 'a=0.5,a=0.5', '=1', 'a=x']) expect(() => mix(text)).toThrow();
  for (const text of ['', '1', '1,2,3', 'a=1', '-1,2', ',']) expect(() => prices(text)).toThrow();
  for (const text of ['2026-02-30', 'today', '2026-1-1']) expect(() => day(text)).toThrow();
  expect(prices('ft:a=b=1,2', prices('2.5,10')).get('ft:a=b')).toEqual({ inputUsdPerMTok: 1, outputUsdPerMTok: 2 });
});

const SUMS = { bypasses: 0, cachedPromptTokens: 0, estimatedTokens: 0, costUsd: 0, savedUsd: 0 };
const ANSWER = {
  ...{ from: '2026-11-01', to: '2026-11-30', groupBy: ['model', 'upstreamModel'] as ('model' | 'upstreamModel')[] },
  groups: [
    {
      ...{ model: 'gpt-4o', upstreamModel: 'gpt-4o', ...SUMS, requests: 30, hits: 0, misses: 30, errors: 0 },
      ...{ promptTokens: 3000, completionTokens: 1000, savedTokens: 0, costUsd: 0.0175 },
    },
    {
      ...{ model: 'gpt-4o', upstreamModel: 'gpt-4o-mini', ...SUMS, requests: 30, hits: 0, misses: 30, errors: 0 },
      ...{ promptTokens: 9000, completionTokens: 3000, savedTokens: 0 },
    },
    {
      ...{ model: 'gpt-4o', upstreamModel: '', ...SUMS, requests: 45, hits: 40, misses: 0, errors: 5 },
      ...{ promptTokens: 0, completionTokens: 0, savedTokens: 4000, savedUsd: 0.01 },
    },
  ],
  totals: {
    ...{ ...SUMS, requests: 105, hits: 40, misses: 60, errors: 5, promptTokens: 12_000, completionTokens: 4000 },
    ...{ savedTokens: 4000, costUsd: 0.0175, savedUsd: 0.01 },
  },
};

test('the accounts as input: paid and saved tokens alike, the mix by what was paid', () => {
  const found = inputFrom(ANSWER, undefined);
  expect(found?.input).toEqual({
    ...{ requests: 100, inputTokens: 150, outputTokens: 50, model: 'gpt-4o', hitRate: 0.4 },
    routing: [
      { model: 'gpt-4o', share: 0.25 },
      { model: 'gpt-4o-mini', share: 0.75 },
    ],
  });
  expect(inputFrom({ ...ANSWER, totals: { ...ANSWER.totals, requests: 5 } }, 'm')).toBeUndefined();
});

describe('nearhit roi', () => {
  const GIVEN = ['roi', '--requests', '1M', '--input-tokens', '800', '--output-tokens', '300', '--model', 'gpt-4o'];
  const gateway = () =>
    listen((req, res) => {
      if (req.url?.startsWith('/admin/v1/usage') === true) return void res.end(JSON.stringify(ANSWER));
      const model = (id: string) => ({ id, provider: 'p', created: 0, price: PRICES.get(id) ?? null });
      res.end(JSON.stringify({ models: ['gpt-4o', 'gpt-4o-mini', 'free'].map(model) }));
    });

  test('from given figures and prices, without a gateway', async () => {
    const args = ['--hit-rate', '35%', '--routing', 'gpt-4o=0.3,gpt-4o-mini=0.7', '--price', 'gpt-4o=2.5,10'];
    const url = ['--url', 'http://127.0.0.1:1'];
    const { code, stdout } = await nearhit([...GIVEN, ...args, '--price', 'gpt-4o-mini=0.15,0.6', ...url]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/direct calls +1,000,000 +\$5000\.00 +\$0\.00 +0\.0 %/);
    expect(stdout).toMatch(/with both +650,000 +\$1111\.50 +\$3888\.50 +77\.8 %/);
    expect(stdout).toContain('direct x (1 - hit rate)');
  });

  test('with the gateway’s prices, and from its accounts', async () => {
    const url = await gateway();
    const given = await nearhit([...GIVEN, '--url', url, '--token', 't', '--json']);
    expect(JSON.parse(given.stdout).rows[0]).toMatchObject({ name: 'direct', costUsd: 5000 });
    const measured = await nearhit(['roi', '--url', url, '--token', 't', '--json']);
    expect(measured.code).toBe(0);
    const roi = JSON.parse(measured.stdout);
    expect(roi).toMatchObject({ requests: 100, hitRate: 0.4, measured: { costUsd: 0.0175, errors: 5 } });
    expect(roi.rows[0].costUsd).toBeCloseTo(100 * ((150 * 2.5 + 50 * 10) / 1e6), 9);
    expect((await nearhit(['roi', '--url', url, '--token', 't'])).stdout).toMatch(
      /accounts from 2026-11-01 to 2026-11-30/,
    );
  });

  test('says what is missing', async () => {
    const url = await gateway();
    const unknown = await nearhit([...GIVEN.slice(0, -1), 'free', '--url', url, '--token', 't']);
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringMatching(/No price is known for free: give one/)]);
    const partly = await nearhit(['roi', '--requests', '5']);
    expect([partly.code, partly.stderr]).toEqual([2, expect.stringMatching(/all four of them/)]);
    expect((await nearhit(['roi', '--input-tokens', '5'])).code).toBe(2);
    expect((await nearhit([...GIVEN, '--from', '2026-11-01'])).code).toBe(2);
    expect((await nearhit([...GIVEN, '--routing', 'a=0.5'])).code).toBe(2);
  });
});

describe('nearhit usage', () => {
  test('a table, JSON, or the gateway’s CSV', async () => {
    const seen: string[] = [];
    const url = await listen((req, res) => {
      seen.push(req.url ?? '');
      res.end(req.headers.accept === 'text/csv' ? 'model,requests\r\n' : JSON.stringify(ANSWER));
    });
    const common = ['usage', '--url', url, '--token', 't', '--group-by', 'model,upstreamModel', '--tenant', 'a'];
    const table = await nearhit(common);
    expect(table.stdout).toMatch(/gpt-4o +gpt-4o-mini +30 +0 +0 +9,000 +3,000/);
    expect(table.stdout).toMatch(/all +105 +40 +5/);
    expect(JSON.parse((await nearhit([...common, '--json'])).stdout)).toEqual(ANSWER);
    expect((await nearhit([...common, '--csv'])).stdout).toBe('model,requests\r\n');
    expect(new Set(seen)).toEqual(new Set(['/admin/v1/usage?tenant=a&groupBy=model%2CupstreamModel']));
    expect((await nearhit([...common, '--csv', '--json'])).code).toBe(2);
    expect((await nearhit(['usage', '--group-by', 'colour'])).code).toBe(2);
  });
});
