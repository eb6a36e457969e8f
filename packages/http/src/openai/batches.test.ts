import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createSeal, openBatchRoom } from '@nearhit/batch';
import { type Caller, createMemoryBatches, createMemoryFiles, NearhitError, type TenantId } from '@nearhit/core';
import { request } from 'undici';
import { bareApp } from '../bare-app.ts';
import { type Door, openServer } from '../door.ts';
import { routerOf } from '../routes.ts';
import { batchRoutes } from './batches.ts';
import { fileRoutes } from './files.ts';

const CALLERS: Readonly<Record<string, Caller>> = {
  'key-a': { tenant: 'a' as TenantId, keyId: 'a', grants: {} },
  'key-b': { tenant: 'b' as TenantId, keyId: 'b', grants: {} },
  'key-chat': { tenant: 'a' as TenantId, keyId: 'c', grants: { features: ['chat'] } },
  'key-files': { tenant: 'a' as TenantId, keyId: 'f', grants: { features: ['files'] } },
};

let door: Door;
const batches = createMemoryBatches();
beforeEach(async () => {
  const settings = () => ({ fileBytesMax: 2000, fileDays: 30 });
  const stores = { files: createMemoryFiles(), batches };
  const room = openBatchRoom({ ...stores, seal: createSeal('x'), now: Date.now, settings });
  const authorize = (credential: string | undefined): Caller => {
    const caller = CALLERS[credential ?? ''];
    if (caller === undefined) throw new NearhitError('UNAUTHORIZED', 'no');
    return caller;
  };
  const deps = { ...room, authorize, bodyBytesMax: 10_000 };
  const app = bareApp({ error: () => {}, warn: () => {} }, (one) => {
    one.use('/v1', routerOf([...fileRoutes(deps), ...batchRoutes(deps)]));
  });
  door = await openServer(app, { host: '127.0.0.1', port: 0 });
});
afterEach(() => door.close());

type Method = 'GET' | 'POST' | 'DELETE';

async function send(key: string, method: Method, path: string, body?: string, more: Record<string, string> = {}) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', connection: 'close', ...more };
  const response = await request(`${door.url}/v1${path}`, { method, headers, body: body ?? null });
  const text = await response.body.text();
  return { status: response.statusCode, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
}

function upload(key: string, content: string) {
  const part = (head: string, value: string) => `--b\r\ncontent-disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
  const body = `${part('name="purpose"', 'batch')}${part('name="file"; filename="x.jsonl"', content)}--b--\r\n`;
  return send(key, 'POST', '/files', body, { 'content-type': 'multipart/form-data; boundary=b' });
}

const wish = (id: string) =>
  JSON.stringify({ input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' });

test("what is another tenant's is not there, by any call", async () => {
  const file = (await upload('key-a', '{}')).json.id;
  const batch = (await send('key-a', 'POST', '/batches', wish(file), { 'x-nearhit-namespace': 'n' })).json.id;
  for (const [method, path] of [
    ['GET', `/files/${file}`],
    ['GET', `/files/${file}/content`],
    ['DELETE', `/files/${file}`],
    ['GET', `/batches/${batch}`],
    ['POST', `/batches/${batch}/cancel`],
  ] as const)
    expect([path, (await send('key-b', method, path)).status]).toEqual([path, 404]);
  for (const path of ['/files', '/batches']) expect((await send('key-b', 'GET', path)).json.data).toEqual([]);
  expect((await send('key-b', 'POST', '/batches', wish(file))).json.error.param).toBe('input_file_id');
  expect((await send('key-a', 'GET', `/batches/${batch}`)).json.status).toBe('validating');
  expect((await batches.get(batch))?.headers).toEqual({ 'x-nearhit-namespace': 'n' });
});

test('a key that is not for this, and none', async () => {
  expect((await upload('key-chat', '{}')).status).toBe(403);
  expect((await send('key-files', 'GET', '/files')).status).toBe(200);
  expect((await send('key-files', 'GET', '/batches')).json.error).toMatchObject({ type: 'permission_error' });
  expect((await send('wrong', 'GET', '/batches')).status).toBe(401);
});

test('a file over its bound is refused while it comes, and nothing of it stays', async () => {
  expect((await upload('key-a', 'x'.repeat(2000))).status).toBe(200);
  const before = (await send('key-a', 'GET', '/files')).json.data.length;
  const refused = await upload('key-a', 'x'.repeat(2001));
  expect([refused.status, refused.json.error.message]).toEqual([
    413,
    'The file is larger than the limit of 2000 bytes.',
  ]);
  expect((await send('key-a', 'GET', '/files')).json.data).toHaveLength(before);
});
