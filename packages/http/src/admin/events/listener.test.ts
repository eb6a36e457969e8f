import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import express, { type Response } from 'express';
import { listen } from '../../../test/house.ts';
import { closeAll, keep } from '../../../test/start.ts';
import { createServer } from '../../server.ts';
import { Listener } from './listener.ts';

afterEach(closeAll);

test('one that does not read is dropped before much waits for it', async () => {
  let reached!: (res: Response) => void;
  const response = new Promise<Response>((resolve) => {
    reached = resolve;
  });
  const app = express();
  app.get('/', (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    reached(res);
  });
  const { port, hostname } = new URL(await listen(keep(createServer(app))));
  const socket = connect(Number(port), hostname);
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  socket.pause();
  const res = await response;
  const gone = once(res, 'close');
  const listener = new Listener(res, {}, Date.now);
  const text = `: ${'x'.repeat(65_536)}\n\n`;
  let waiting = 0;
  for (let written = 0; !res.destroyed; written += 1) {
    expect(written).toBeLessThan(10_000);
    listener.write(text);
    waiting = Math.max(waiting, res.writableLength);
    await new Promise(setImmediate);
  }
  await gone;
  expect(waiting).toBeLessThan(1_300_000);
  listener.write(text);
  socket.destroy();
});
