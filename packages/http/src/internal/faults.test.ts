import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Fingerprint, PartitionKey, UnitVector } from '@nearhit/core';
import { closeServices, INTERNAL_TOKEN, keepOpen, startEmbedding, until, watcher } from '../../test/internal.ts';
import { WordEmbedder } from '../../test/word-embedder.ts';
import { createEmbeddingClient, type EmbeddingClientOptions } from './embedding-client.ts';
import { createNearestClient } from './nearest-client.ts';

const SCRIPT = fileURLToPath(new URL('../../test/replica.mjs', import.meta.url));
const children: ChildProcess[] = [];

afterEach(async () => {
  await closeServices();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Child {
  readonly process: ChildProcess;
  readonly port: number;
  readonly url: string;
  kill(): Promise<void>;
}

async function startChild(what: 'embedding' | 'nearest', port = 0): Promise<Child> {
  const child = spawn(process.execPath, [SCRIPT, what, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', TOKEN: INTERNAL_TOKEN },
  });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const bound = Number(line.toString());
  const kill = async (): Promise<void> => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return { process: child, port: bound, url: `http://127.0.0.1:${bound}`, kill };
}

const P = 'p' as PartitionKey;
const vector = Float32Array.of(1, 0, 0, 0) as UnitVector;
const query = { partition: P, fingerprint: 'f'.repeat(64) as Fingerprint, vector, k: 5 };

interface Watched {
  replicas(): readonly { readonly address: string; readonly live: boolean }[];
}
const serving = (client: Watched): number => client.replicas().filter(({ live }) => live).length;
const isServing = (client: Watched, { port }: { port: number }): boolean =>
  client.replicas().some(({ address, live }) => live && address.endsWith(`:${port}`));

const PAUSE_MS = 3;

/** Steady calls from several lanes at once; `stop` answers how they ended. */
function load(call: () => Promise<unknown>, lanes = 4) {
  let running = true;
  let answered = 0;
  const failures: unknown[] = [];
  const work = Array.from({ length: lanes }, async () => {
    while (running) {
      await call().then(
        () => {
          answered += 1;
        },
        (error: unknown) => failures.push(error),
      );
      // Steady, and not all that the machine can do: a replica is to start beside it, and probes to find out who is back.
      await delay(PAUSE_MS);
    }
  });
  return {
    get answered() {
      return answered;
    },
    stop: async () => {
      running = false;
      await Promise.all(work);
      return failures;
    },
  };
}

const soon = () => ({ deadlineMs: Date.now() + 5_000 });

function embedding(urls: readonly string[], options: Partial<EmbeddingClientOptions> = {}) {
  const observer = watcher();
  const client = createEmbeddingClient({ urls, token: INTERNAL_TOKEN, observer, probeMs: 20, ...options });
  return Object.assign(keepOpen(client), { observer });
}

function nearest(urls: readonly string[]) {
  const client = createNearestClient({ urls, token: INTERNAL_TOKEN, observer: watcher(), probeMs: 20 });
  return keepOpen(client);
}

describe.each(['embedding', 'nearest'] as const)('two replicas of the %s service', (what) => {
  const open = (urls: readonly string[]) => {
    if (what === 'embedding') {
      const client = embedding(urls);
      return { client, call: (deadline = soon()) => client.embed(['a', 'b'], deadline) };
    }
    const client = nearest(urls);
    return { client, call: (deadline = soon()) => client.nearest({ ...query, ...deadline }) };
  };

  test('one is killed and comes back: no call fails', async () => {
    const [first, second] = await Promise.all([startChild(what), startChild(what)]);
    const { client, call } = open([first.url, second.url]);
    await until('both serve', () => serving(client) === 2);
    const calls = load(() => call());
    for (const one of [first, second]) {
      const before = calls.answered;
      await until('calls are under way', () => calls.answered > before + 100);
      await one.kill();
      await until('it is out', () => serving(client) === 1);
      await startChild(what, one.port);
      await until('it is back', () => serving(client) === 2);
    }
    const before = calls.answered;
    await until('calls go on', () => calls.answered > before + 100);
    expect(await calls.stop()).toEqual([]);
  });

  test('one stops answering without a word: no call fails, and it is out after the first timeouts', async () => {
    const [first, second] = await Promise.all([startChild(what), startChild(what)]);
    const { client, call } = open([first.url, second.url]);
    await until('both serve', () => serving(client) === 2);
    const calls = load(() => call({ deadlineMs: Date.now() + 2_000 }), 8);
    for (const one of [first, second]) {
      one.process.kill('SIGSTOP');
      await until('it is out', () => !isServing(client, one));
      const before = calls.answered;
      await until('the other answers', () => calls.answered > before + 100);
      one.process.kill('SIGCONT');
      await until('it is back', () => serving(client) === 2);
    }
    expect(await calls.stop()).toEqual([]);
  });
});

test('a lone replica that stops answering costs a few timeouts; then calls fail at once, until it is back', async () => {
  const only = await startChild('nearest');
  const client = nearest([only.url]);
  await client.nearest(query);
  only.process.kill('SIGSTOP');
  const call = () => client.nearest({ ...query, deadlineMs: Date.now() + 100 });
  for (let i = 0; i < 3; i++) await expect(call()).rejects.toMatchObject({ kind: 'STORE_UNAVAILABLE' });
  const patient = client.nearest({ ...query, deadlineMs: Date.now() + 600_000 });
  await expect(patient).rejects.toMatchObject({ kind: 'STORE_UNAVAILABLE' });
  only.process.kill('SIGCONT');
  await until('it is back', () => serving(client) === 1);
  expect(await client.nearest(query)).toHaveLength(5);
});

test('what has no deadline is not lost in a replica that stops answering', async () => {
  const [stuck, other] = await Promise.all([startChild('embedding'), startChild('embedding')]);
  const client = embedding([stuck.url, other.url], { probeTimeoutMs: 200 });
  await until('both serve', () => serving(client) === 2);
  stuck.process.kill('SIGSTOP');
  const answers = await Promise.all(Array.from({ length: 20 }, () => client.embed(['a'])));
  expect(answers).toHaveLength(20);
});

test('answers that were there in time count, however busy this process was', async () => {
  // With a second replica the first timeout is final.
  const [first, second] = await Promise.all([startChild('nearest'), startChild('nearest')]);
  const client = nearest([first.url, second.url]);
  await until('both serve', () => serving(client) === 2);
  await client.nearest(query);
  const asked = client.nearest({ ...query, deadlineMs: Date.now() + 100 });
  // Sent by then, a kept connection having been looked at first; answered while this process stands still.
  for (let i = 0; i < 4; i++) await new Promise(setImmediate);
  const endMs = Date.now() + 300;
  while (Date.now() < endMs);
  expect(await asked).toHaveLength(5);
});

test('every address behind a name is a replica; those that go are left, those that come are found', async () => {
  const [first, second] = [new WordEmbedder(), new WordEmbedder()];
  const { port } = await startEmbedding({ embedder: first });
  await startEmbedding({ embedder: second }, { host: '127.0.0.2', port });
  let addresses: string[] | undefined = ['127.0.0.1'];
  const resolve = async (hostname: string): Promise<string[]> => {
    if (hostname !== 'embedding.test' || addresses === undefined) throw new Error('ENOTFOUND');
    return addresses;
  };
  const client = embedding([`http://embedding.test:${port}`], { resolve, resolveMs: 10 });
  await client.embed(['one']);
  expect([first.calls.length, second.calls.length]).toEqual([1, 0]);
  addresses = ['127.0.0.1', '127.0.0.2'];
  await until('both serve', () => serving(client) === 2);
  for (let i = 0; i < 10; i++) await client.embed(['both']);
  expect([first.calls.length, second.calls.length]).toEqual([6, 5]);
  addresses = ['127.0.0.2'];
  await until('one is left', () => client.replicas().length === 1);
  addresses = undefined;
  for (let i = 0; i < 10; i++) await client.embed(['second']);
  expect([first.calls.length, second.calls.length]).toEqual([6, 15]);
  expect(client.observer.incidents).toEqual([]);
});

test('a service that says it is shutting down is left before its door closes', async () => {
  const [going, staying] = [new WordEmbedder(), new WordEmbedder()];
  const servers = await Promise.all([going, staying].map((embedder) => startEmbedding({ embedder })));
  const client = embedding(servers.map(({ url }) => url));
  await until('both serve', () => serving(client) === 2);
  await going.close();
  for (let i = 0; i < 10; i++) expect(await client.embed(['a'], soon())).toHaveLength(1);
});
