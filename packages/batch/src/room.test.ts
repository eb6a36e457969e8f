import { beforeEach, expect, test } from '@jest/globals';
import type { Caller } from '@nearhit/core';
import { callerOf, House, requestLine } from '../test/house.ts';
import { batchObject } from './objects.ts';

let house: House;
beforeEach(() => {
  house = new House();
});

const [a, b] = [callerOf('a'), callerOf('b')];
/** Both without a key of the house, in its default tenant. */
const [own, other] = ['sk-own', 'sk-other'].map((credential) => ({ ...callerOf('default'), credential })) as [
  Caller,
  Caller,
];

test.each([
  ['another tenant', a, b],
  ['another who comes with a credential of their own', own, other],
  ['whoever comes without one', own, callerOf('default')],
  ['whoever comes with one', callerOf('default'), own],
])("%s: others' files and batches are not there", async (_who, a, b) => {
  const batch = await house.begin(a, [requestLine('1')]);
  const { files, batches } = house.room;
  const gone = { kind: 'NOT_FOUND' };
  await expect(batches.get(b, batch.id)).rejects.toMatchObject(gone);
  await expect(batches.cancel(b, batch.id)).rejects.toMatchObject(gone);
  await expect(files.get(b, batch.inputFileId)).rejects.toMatchObject(gone);
  await expect(files.content(b, batch.inputFileId)).rejects.toMatchObject(gone);
  await expect(files.delete(b, batch.inputFileId)).rejects.toMatchObject(gone);
  expect((await files.list(b, { order: 'desc', limit: 10 })).files).toEqual([]);
  expect((await batches.list(b, { limit: 10 })).batches).toEqual([]);
  await expect(files.list(b, { order: 'desc', limit: 10, after: batch.inputFileId })).rejects.toMatchObject({
    param: 'after',
  });
  const { inputFileId } = batch;
  const wish = { endpoint: '/v1/embeddings', inputFileId, completionWindow: '24h' };
  await expect(batches.create(b, wish)).rejects.toMatchObject({ kind: 'INVALID_REQUEST', param: 'input_file_id' });
  expect((await batches.get(a, batch.id)).status).toBe('validating');
});

test('where every provider is called with a key of the house, credentials keep nobody apart', async () => {
  house.settings = { ...house.settings, ownCredentials: false };
  const batch = await house.begin(own, [requestLine('1')]);
  expect((await house.room.batches.get(other, batch.id)).id).toBe(batch.id);
});

test('an expired file is gone before it is swept; one that a batch reads can not be deleted', async () => {
  const { files, batches } = house.room;
  const batch = await house.begin(a, [requestLine('1')]);
  await expect(files.delete(a, batch.inputFileId)).rejects.toMatchObject({ kind: 'INVALID_REQUEST' });
  await batches.cancel(a, batch.id);
  house.runner();
  await house.ended(batch.id);
  await house.close();
  await files.delete(a, batch.inputFileId);
  const draft = await files.upload(a);
  const { id } = await draft.finish({ filename: 'x', expiresAfterSeconds: 3600 });
  house.nowMs += 3_599_999;
  expect((await files.get(a, id)).bytes).toBe(0);
  house.nowMs += 1;
  await expect(files.get(a, id)).rejects.toMatchObject({ kind: 'NOT_FOUND' });
});

test('a file over its bound is refused while it comes', async () => {
  const draft = await house.room.files.upload(a);
  await draft.append(Buffer.alloc(1_000_000));
  await expect(draft.append(Buffer.alloc(1))).rejects.toMatchObject({ kind: 'BODY_TOO_LARGE' });
  await draft.discard();
});

test('no credential of a client lies open in the store, and OpenAI sees every field it knows', async () => {
  const caller = { ...a, credential: 'sk-of-the-client' };
  const { id } = await house.begin(caller, [requestLine('1')]);
  const record = await house.batches.get(id);
  expect(JSON.stringify(record)).not.toContain('sk-of-the-client');
  expect(house.seal.open(record?.caller ?? '')).toEqual(caller);
  expect(JSON.stringify(record && batchObject(record))).not.toContain(record?.caller);
});
