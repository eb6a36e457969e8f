import { afterEach, expect, test } from '@jest/globals';
import { closeAll, listen, nearhit } from '../test/cli.ts';

afterEach(closeAll);

const MODELS = [
  {
    ...{ id: 'gpt-4o', provider: 'main', created: 1, contextTokens: 128_000 },
    price: { inputUsdPerMTok: 2.5, cachedInputUsdPerMTok: 1.25, outputUsdPerMTok: 10 },
  },
  { id: 'best', provider: 'main', created: 1, aliasOf: 'gpt-4o', price: null },
  {
    id: 'flash',
    provider: 'two',
    created: 0,
    price: { inputUsdPerMTok: 0.15, cachedInputUsdPerMTok: 0.003, outputUsdPerMTok: 0.6 },
  },
  { id: 'odd', provider: 'two', created: 0, price: null },
];

const gateway = (models: unknown[]) =>
  listen((req, res) => {
    const known = req.url === '/admin/v1/models' && req.headers.authorization === 'Bearer t';
    res.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
    res.end(known ? JSON.stringify({ models }) : '{}');
  });

test('a table: limits and prices, dashes where nothing is known, aliases beside their model', async () => {
  const { code, stdout } = await nearhit(['models', '--url', await gateway(MODELS), '--token', 't']);
  expect(code).toBe(0);
  const lines = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
  expect(lines.slice(0, -1)).toEqual([
    ['model', 'provider', 'context', 'input $/MTok', 'cached $/MTok', 'output $/MTok', 'aliases'],
    ['gpt-4o', 'main', '128,000', '2.50', '1.25', '10.00', 'best'],
    ['flash', 'two', '-', '0.15', '0.003', '0.60'],
    ['odd', 'two', '-', '-', '-', '-'],
  ]);
});

test.each([
  [[], MODELS],
  [['--provider', 'two'], MODELS.slice(2)],
])('--json %j is the answer as it came', async (args, models) => {
  const ran = await nearhit(['models', '--url', await gateway(MODELS), '--token', 't', '--json', ...args]);
  expect(JSON.parse(ran.stdout)).toEqual({ models });
});

test('none of a provider', async () => {
  const args = ['models', '--url', await gateway(MODELS), '--token', 't', '--provider', 'three'];
  expect(await nearhit(args)).toMatchObject({ code: 0, stdout: 'No models of provider three.\n' });
});
