import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { NearhitError } from '@nearhit/core';
import { readUpload, type UploadedForm, type UploadOptions } from './multipart.ts';

let server: Server | undefined;
let socket: Socket | undefined;
afterEach(async () => {
  socket?.destroy();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
});

const BOUNDARY = 'b0';
const tooLarge = () => new NearhitError('BODY_TOO_LARGE', 'too large');

/** What the next request's form is, and a socket to send it by. */
async function receive(append: UploadOptions['append'], more: Partial<UploadOptions> = {}) {
  let settle: (form: Promise<UploadedForm>) => void = () => {};
  const form = new Promise<UploadedForm>((resolve) => {
    settle = resolve;
  });
  server = createServer((req) =>
    settle(readUpload(req, { field: 'file', append, bytesMax: 10_000_000_000, tooLarge, ...more })),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-type: multipart/form-data; boundary=${BOUNDARY}\r\n\r\n`,
  );
  const write = (content: string | Buffer): boolean => {
    const bytes = Buffer.from(content);
    return (socket as Socket).write(
      Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]),
    );
  };
  form.catch(() => {});
  return { form, write, end: () => (socket as Socket).write('0\r\n\r\n') };
}

const HEAD = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="C:\\\\secret\\\\in.jsonl"\r\n\r\n`;

test('fields and the file, whose name has no path', async () => {
  const pieces: Buffer[] = [];
  const { form, write, end } = await receive(async (piece) => void pieces.push(piece));
  write(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n${HEAD}`);
  write('{"a":1}');
  write(`\r\n--${BOUNDARY}--\r\n`);
  end();
  const { fields, filename } = await form;
  expect([filename, [...fields], Buffer.concat(pieces).toString()]).toEqual([
    'in.jsonl',
    [['purpose', 'batch']],
    '{"a":1}',
  ]);
});

test('a store that is slow slows the client: what it has not taken stays with the sender', async () => {
  let taken = 0;
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const { form, write, end } = await receive(async (piece) => {
    taken += piece.length;
    await gate;
  });
  write(HEAD);
  const piece = Buffer.alloc(1_048_576, 'x');
  const PIECES = 64;
  for (let n = 0; n < PIECES; n++) write(piece);
  // The kernel's buffers fill; from then on nothing moves until the store goes on.
  let before = -1;
  for (let still = 0; still < 10; ) {
    const left = (socket as Socket).writableLength;
    still = left === before ? still + 1 : 0;
    before = left;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(before).toBeGreaterThan((PIECES / 2) * piece.length);
  expect(taken).toBeLessThan(1_048_576);
  open();
  write(`\r\n--${BOUNDARY}--\r\n`);
  end();
  expect((await form).filename).toBe('in.jsonl');
  expect(taken).toBe(PIECES * piece.length);
});

test('what the store throws ends the upload', async () => {
  const { form, write } = await receive(async () => Promise.reject(tooLarge()));
  write(HEAD);
  write('x');
  await expect(form).rejects.toMatchObject({ kind: 'BODY_TOO_LARGE' });
});

test('a client that leaves', async () => {
  let came = () => {};
  const first = new Promise<void>((resolve) => {
    came = resolve;
  });
  const { form, write } = await receive(async () => came());
  write(`${HEAD}${'x'.repeat(1000)}`);
  await first;
  socket?.destroy();
  await expect(form).rejects.toMatchObject({ kind: 'CLIENT_GONE' });
});

test('a client that stalls', async () => {
  const { form, write } = await receive(async () => {}, { idleMs: 50 });
  write(`${HEAD}x`);
  await expect(form).rejects.toMatchObject({ kind: 'BODY_TIMEOUT' });
});

test('a form that is cut', async () => {
  const { form, write, end } = await receive(async () => {});
  write(`${HEAD}x`);
  end();
  await expect(form).rejects.toMatchObject({ kind: 'INVALID_REQUEST' });
});
