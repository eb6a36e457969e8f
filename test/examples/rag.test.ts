import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ADMIN_TOKEN, Gateway } from '../support/gateway.ts';

const run = promisify(execFile);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await Gateway.start();
}, 60_000);
afterAll(() => gateway.close());

async function example(script: string, ...args: string[]): Promise<string> {
  const path = fileURLToPath(new URL(`../../examples/rag/${script}`, import.meta.url));
  const env = { PATH: process.env.PATH, NEARHIT_URL: gateway.url, NEARHIT_ADMIN_TOKEN: ADMIN_TOKEN };
  return (await run(process.execPath, [path, ...args], { env })).stdout;
}

test('ask.mjs: the passages of the right document, and a hit in other words', async () => {
  const first = await example('ask.mjs', 'How long is the warranty of a kettle?');
  expect(first).toContain('Kettles and toasters have a warranty of two years');
  expect(first).toMatch(/rests on warranty@3; cache: miss, no-candidate\n$/);
  await gateway.flush();
  const reworded = await example('ask.mjs', 'For how long is the warranty of a kettle?');
  expect(reworded).toMatch(/cache: hit, semantic\n$/);
});

test('change.mjs: a changed document takes its answers with it, and no others', async () => {
  const lines = (await example('change.mjs')).split('\n');
  const after = (title: string, count: number) => {
    const at = lines.findIndex((line) => line.startsWith(title)) + 1;
    return lines.slice(at, at + count).map((line) =>
      line
        .slice(52)
        .trim()
        .split(/\s{2,}/),
    );
  };
  expect(after('asked for the first time', 3).map(([cache]) => cache)).toEqual(Array(3).fill('miss, no-candidate'));
  expect(after('asked again', 4).map(([cache]) => cache?.split(',')[0])).toEqual(Array(4).fill('hit'));
  expect(lines).toContain('warranty.md is now version 4: 1 answer(s) would be dropped, 1 dropped');
  expect(after('asked after the change', 3)).toEqual([
    ['miss, no-candidate', 'warranty@4'],
    [expect.stringMatching(/^hit, l[12]$/), 'returns@7'],
    [expect.stringMatching(/^hit, l[12]$/), 'shipping@2'],
  ]);
});
