import { afterEach, describe, expect, test } from '@jest/globals';
import { createMemoryStore, type UsageRecord } from '@nearhit/core';
import { sampleUsage } from '@nearhit/core/conformance/usage-store';
import { parse } from 'csv-parse/sync';
import { NOW_MS } from '../../test/entry.ts';
import { fits } from '../../test/fits.ts';
import { house, TOKEN } from '../../test/house.ts';
import { closeAll, start as startApp } from '../../test/start.ts';
import { createAdminClient } from '../client/admin-client.ts';
import { usageAnswer, usageRecordsAnswer } from './usage-schemas.ts';

afterEach(closeAll);

const DAY_MS = 86_400_000;
const record = (n: number, changes: Partial<UsageRecord> = {}) => sampleUsage(n, { atMs: NOW_MS + n, ...changes });

async function start(records: readonly UsageRecord[]) {
  const accounts = createMemoryStore().usage;
  await accounts.append(records);
  const started = await startApp({ admin: { ...house().deps.admin, accounts } });
  return { ...started, client: createAdminClient({ baseUrl: started.url, token: TOKEN }) };
}

const csv = (text: string): Record<string, string>[] => parse(text, { columns: true, record_delimiter: '\r\n' });

describe('GET /usage', () => {
  const records = [
    record(1, { costUsd: 0.25 }),
    record(2, { keyId: 'key-2', model: 'b', costUsd: 0.000000125 }),
    record(3, { atMs: NOW_MS - DAY_MS, tenant: 'other' }),
    record(4, { atMs: NOW_MS - 29 * DAY_MS }),
    record(5, { atMs: NOW_MS - 30 * DAY_MS }),
  ];

  test('groups by what is asked for, by day by default, over the last 30 days', async () => {
    const { admin } = await start(records);
    const byDay = await admin('get', '/usage');
    fits(usageAnswer, byDay.body);
    expect(byDay.body).toMatchObject({ from: '2024-12-08', to: '2025-01-06', groupBy: ['day'] });
    expect(byDay.body.groups.map(({ day, requests }: { day: string; requests: number }) => [day, requests])).toEqual([
      ['2024-12-08', 1],
      ['2025-01-05', 1],
      ['2025-01-06', 2],
    ]);
    expect(byDay.body.totals).toMatchObject({ requests: 4, promptTokens: 44, costUsd: 0.250000319 });
    const byTwo = await admin('get', '/usage?groupBy=tenant,key&from=2025-01-05');
    expect(byTwo.body.groups).toMatchObject([
      { tenant: 'acme', key: 'key-1', requests: 1 },
      { tenant: 'acme', key: 'key-2', requests: 1 },
      { tenant: 'other', key: 'key-1', requests: 1 },
    ]);
    expect(byTwo.body.to).toBe('2025-01-06');
  });

  test('filters', async () => {
    const { admin } = await start(records);
    const requests = async (query: string) => (await admin('get', `/usage?${query}`)).body.totals.requests;
    expect(await requests('tenant=other')).toBe(1);
    expect(await requests('key=key-2&groupBy=model,provider')).toBe(1);
    expect(await requests('model=b&tenant=other')).toBe(0);
    expect(await requests('to=2024-12-07&from=2024-12-01')).toBe(1);
    expect(await requests('to=2024-12-08')).toBe(2);
    expect(await requests('namespace=none')).toBe(0);
  });

  test.each([
    ['groupBy=day,colour', 'groupBy'],
    ['from=yesterday', 'from'],
    ['from=2026-02-30', 'from'],
    ['from=2026-02-02&to=2026-02-01', 'from'],
    ['group=day', 'group'],
    ['tenant=a&tenant=b', 'tenant'],
  ])('refuses %s', async (query, param) => {
    const { admin } = await start([]);
    const { status, body } = await admin('get', `/usage?${query}`);
    expect([status, body.error.param?.split('[')[0]]).toEqual([400, param]);
  });

  test('as CSV, in which no cell is a formula and none breaks a line', async () => {
    const names = ['=1+2', '+x', '@sum', '-1', 'a,"b"\r\nc', '\t=x', 'plain'];
    const { admin, client } = await start(names.map((model, n) => record(n, { model, costUsd: 1e-7 })));
    const answer = await admin('get', '/usage?groupBy=model,day').set('accept', 'text/csv');
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    const rows = csv(answer.text);
    expect(rows.map(({ model }) => model)).toEqual([
      ...["'\t=x", "'+x", "'-1", "'=1+2", "'@sum", 'a,"b"\r\nc', 'plain'],
    ]);
    expect(rows[0]).toMatchObject({ day: '2025-01-06', requests: '1', promptTokens: '11', costUsd: '0.0000001' });
    expect(Object.keys(rows[0] as object)).toHaveLength(14);
    expect(await client.usage.csv({ groupBy: ['model', 'day'] })).toBe(answer.text);
    const both = await admin('get', '/usage').set('accept', 'text/csv;q=0.5, application/json');
    expect(both.headers['content-type']).toBe('application/json');
    expect((await admin('get', '/usage').set('accept', '*/*')).headers['content-type']).toBe('application/json');
    const refused = await admin('get', '/usage?from=x').set('accept', 'text/csv');
    expect([refused.status, refused.body.error.param]).toEqual([400, 'from']);
  });

  test('a gateway without accounts says so', async () => {
    const { admin } = await startApp();
    for (const path of ['/usage', '/usage/records']) expect((await admin('get', path)).status).toBe(404);
  });
});

describe('GET /usage/records', () => {
  test('pages, newest first; as CSV the cursor is a header', async () => {
    const { admin, client } = await start(
      Array.from({ length: 7 }, (_, n) => record(n, { query: n === 6 ? '=q' : undefined })),
    );
    const first = await admin('get', '/usage/records?limit=3&tenant=acme');
    fits(usageRecordsAnswer, first.body);
    expect(first.body.records.map(({ id }: UsageRecord) => id.slice(-1))).toEqual(['6', '5', '4']);
    const second = await client.usage.records({ limit: 10, cursor: first.body.cursor });
    expect(second.records.map(({ id }) => id.slice(-1))).toEqual(['3', '2', '1', '0']);
    expect(second.cursor).toBeUndefined();
    const table = await admin('get', '/usage/records?limit=3').set('accept', 'text/csv');
    expect(table.headers['x-nearhit-cursor']).toBe(first.body.cursor);
    expect(csv(table.text)[0]).toMatchObject({
      ...{ at: '2025-01-06T12:00:00.006Z', query: "'=q", latencyMs: '250.125', costUsd: '0.000000097', layer: '' },
    });
    expect((await admin('get', '/usage/records?cursor=!')).status).toBe(400);
    expect((await admin('get', '/usage/records?from=2025-01-07')).body.records).toEqual([]);
  });

  test('both are in the OpenAPI document, with their second form', async () => {
    const { call } = await start([]);
    const { paths } = (await call.get('/admin/v1/openapi.json')).body;
    for (const path of ['/usage', '/usage/records'])
      expect(Object.keys(paths[path].get.responses['200'].content)).toEqual(['application/json', 'text/csv']);
    expect(paths['/usage'].get.parameters.map(({ name }: { name: string }) => name)).toContain('groupBy');
  });
});

test('the client sums', async () => {
  const { client } = await start([record(1)]);
  expect((await client.usage.sums({ groupBy: ['tenant', 'model'], key: 'key-1' })).groups).toMatchObject([
    { tenant: 'acme', model: 'gpt-4o', requests: 1 },
  ]);
});
