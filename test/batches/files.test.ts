import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { toFile } from 'openai';
import { request } from 'undici';
import { begin, ended, line, openai, upload } from '../support/batch.ts';
import { describeModes } from '../support/room.ts';
import { until } from '../support/until.ts';

const BOUNDARY = 'the-boundary';

function form(parts: readonly [head: string, content: string][]): string {
  const written = parts.map(
    ([head, content]) => `--${BOUNDARY}\r\ncontent-disposition: form-data; ${head}\r\n\r\n${content}\r\n`,
  );
  return `${written.join('')}--${BOUNDARY}--\r\n`;
}

describeModes((room) => {
  const client = () => openai(room.gateway.url);
  const post = (body: string | Buffer, type = `multipart/form-data; boundary=${BOUNDARY}`) =>
    room.gateway.send('POST', '/v1/files', body, { 'content-type': type });

  test('a file comes back as it went in, is listed, and is gone when it is deleted', async () => {
    const content = `${line('1', 'Is this kept, ü and 😀 too?')}\r\n\n`;
    const file = await upload(client(), content, 'a "quoted" näme.jsonl');
    expect(file).toMatchObject({
      object: 'file',
      purpose: 'batch',
      filename: 'a "quoted" näme.jsonl',
      bytes: Buffer.byteLength(content),
      status: 'processed',
      expires_at: file.created_at + 30 * 86_400,
    });
    expect(file.id).toMatch(/^file-[0-9a-f]{32}$/);
    expect(await client().files.retrieve(file.id)).toEqual(file);
    expect(await (await client().files.content(file.id)).text()).toBe(content);
    expect((await client().files.list()).data).toContainEqual(file);
    const pages = [];
    for await (const { id } of client().files.list({ limit: 1, order: 'asc' })) pages.push(id);
    expect(pages.at(-1)).toBe(file.id);
    expect(await client().files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    await expect(client().files.retrieve(file.id)).rejects.toMatchObject({ status: 404 });
    await expect(client().files.delete(file.id)).rejects.toMatchObject({ status: 404 });
    expect((await room.gateway.send('GET', `/v1/files/${file.id}/content`)).status).toBe(404);
    expect((await room.gateway.send('GET', '/v1/files/..%2f..%2fadmin-token')).status).toBe(404);
  });

  test('expires_after is honoured, within bounds', async () => {
    const expiring = async (seconds: number) =>
      client().files.create({
        ...{ file: await toFile(Buffer.from('{}'), 'x.jsonl'), purpose: 'batch' },
        expires_after: { anchor: 'created_at', seconds },
      });
    const file = await expiring(3600);
    expect(file.expires_at).toBe(file.created_at + 3600);
    await expect(expiring(60)).rejects.toMatchObject({ status: 400, param: 'expires_after.seconds' });
  });

  test('the purpose may come before the file or after it; without a purpose or a file there is none', async () => {
    const file: [string, string] = ['name="file"; filename="x.jsonl"', '{}'];
    const purpose: [string, string] = ['name="purpose"', 'batch'];
    expect((await post(form([purpose, file]))).json).toMatchObject({ bytes: 2, filename: 'x.jsonl' });
    expect((await post(form([file, purpose]))).json).toMatchObject({ bytes: 2 });
    const fault = async (body: string, type?: string) => {
      const { status, json } = await post(body, type);
      return [status, json.error.param];
    };
    expect(await fault(form([file]))).toEqual([400, 'purpose']);
    expect(await fault(form([purpose]))).toEqual([400, 'file']);
    expect(await fault(form([['name="purpose"', 'fine-tune'], file]))).toEqual([400, 'purpose']);
    expect(await fault(form([purpose, file]).slice(0, -20))).toEqual([400, null]);
    expect(await fault('no form at all')).toEqual([400, null]);
    expect(await fault('x', 'multipart/form-data')).toEqual([415, null]);
    expect(await fault('{}', 'application/json')).toEqual([415, null]);
  });

  test('a file over 200 MB is refused at its announcement, and a client that leaves leaves nothing', async () => {
    const { port, hostname } = new URL(room.gateway.url);
    const socket = connect(Number(port), hostname);
    const head = (length: number) =>
      `POST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=${BOUNDARY}\r\ncontent-length: ${length}\r\n\r\n`;
    socket.write(head(300_000_000));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 413 [\s\S]*larger than the limit of 209715200 bytes/);
    socket.destroy();
    const before = (await client().files.list()).data.length;
    const leaving = connect(Number(port), hostname);
    leaving.write(
      `${head(1_000_000)}--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="x"\r\n\r\n${'x'.repeat(50_000)}`,
    );
    await until('it has been read', () => leaving.bytesWritten > 50_000 && leaving.writableLength === 0);
    leaving.destroy();
    expect((await client().files.list()).data).toHaveLength(before);
    expect((await client().files.list()).data).toHaveLength(before);
  });

  test('50,001 lines are too many', async () => {
    const lines = Array.from({ length: 50_001 }, (_, n) => line(`q${n}`, 'Again?'));
    const done = await ended(client(), (await begin(client(), lines)).id);
    expect(done).toMatchObject({ status: 'failed', errors: { data: [{ code: 'too_many_tasks', line: null }] } });
    await expect(client().files.delete(done.input_file_id)).resolves.toMatchObject({ deleted: true });
  }, 60_000);

  test('a large file passes through without being held', async () => {
    const megabytes = Number(process.env.NEARHIT_UPLOAD_MB ?? 48);
    const piece = Buffer.from(`${line('x', 'y'.repeat(1000))}\n`.repeat(940).padEnd(1_048_576, '\n'));
    const head = Buffer.from(
      `--${BOUNDARY}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="large.jsonl"\r\n\r\n`,
    );
    const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
    async function* body() {
      yield head;
      for (let n = 0; n < megabytes; n++) yield piece.subarray(0, 1_048_576);
      yield tail;
    }
    const { statusCode, body: answer } = await request(`${room.gateway.url}/v1/files`, {
      ...{ method: 'POST', headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` } },
      body: Readable.from(body()),
    });
    const file = (await answer.json()) as { id: string; bytes: number };
    expect([statusCode, file.bytes]).toEqual([200, megabytes * 1_048_576]);
    const content = await request(`${room.gateway.url}/v1/files/${file.id}/content`);
    let read = 0;
    for await (const part of content.body) read += (part as Buffer).length;
    expect(read).toBe(file.bytes);
    await client().files.delete(file.id);
  }, 90_000);
});
