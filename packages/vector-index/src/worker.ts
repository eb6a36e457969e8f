import { mkdir } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { Call, WorkerOptions } from './protocol.ts';
import { IndexServer } from './server.ts';

const port = parentPort;
if (!port) throw new Error('this file is a worker thread');
const options = workerData as WorkerOptions;
if (options.dir !== undefined) await mkdir(options.dir, { recursive: true });
const server = await IndexServer.open(
  options,
  (message) => port.postMessage(message),
  () => port.close(),
);
port.on('message', (calls: readonly Call[]) => {
  for (const call of calls) server.take(call);
});
