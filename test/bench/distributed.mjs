import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { askAll, fill, flush, hitsOf, openGateway } from './gateways.mjs';
import { Child, ended, freePort, memoryOf, startService } from './processes.mjs';
import { newQuestion, originals, paraphrases } from './questions.mjs';

const COMMAND = 'redis-server';
const START_LIMIT_MS = 60_000;
const INTERNAL_TOKEN = 'bench-internal-token';

export const redisIsThere = () => spawnSync(COMMAND, ['--version']).status === 0;

async function untilTrue(what, check) {
  for (const startedAt = performance.now(); performance.now() - startedAt < START_LIMIT_MS; await sleep(10)) {
    if (await check()) return;
  }
  throw new Error(`waited in vain: ${what}`);
}

function isListening(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    const settle = (listening) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

/** Keeps nothing on disk: what a disk costs is not measured here. */
export async function startRedis(dir) {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', dir];
  const child = spawn(COMMAND, args, { stdio: 'ignore' });
  await untilTrue(`${COMMAND} listens`, () => isListening(port));
  return { pid: child.pid, url: `redis://127.0.0.1:${port}`, close: () => ended(child) };
}

async function startReady(service, { folders, port, env }) {
  const started = startService({ service, port, dir: folders.dir(`distributed-${service}`), env });
  await untilTrue(`${service} is ready`, async () => {
    if (started.gone()) throw new Error(`${service} ended at its start:\n${started.output()}`);
    return fetch(`${started.origin}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return started;
}

/**
 * Redis, one each of embedding, cache and worker, and two ingress replicas: `main`, and `small`, whose memory layer
 * holds nothing, so that every exact hit comes from Redis. `hits`: the paraphrases that are answered by meaning.
 */
export async function openDistributed({ settings, folders, upstream, say }) {
  const open = [];
  const close = async () => {
    // In the order of their dependence: each hands on what it has.
    for (const one of open.reverse()) await one.close();
  };
  const kept = (one) => {
    open.push(one);
    return one;
  };
  try {
    say('distributed: starting Redis and the four services');
    const redis = kept(await startRedis(folders.dir('distributed-redis')));
    const ports = { embedding: await freePort(), cache: await freePort(), worker: await freePort() };
    const env = {
      REDIS_URL: redis.url,
      NEARHIT_AUTH: 'optional',
      EMBEDDING_URL: `http://127.0.0.1:${ports.embedding}`,
      CACHE_URL: `http://127.0.0.1:${ports.cache}`,
      NEARHIT_INTERNAL_TOKEN: INTERNAL_TOKEN,
    };
    const services = {};
    for (const service of ['embedding', 'cache', 'worker'])
      services[service] = kept(await startReady(service, { folders, port: ports[service], env }));
    const ingress = async (name, l1Bytes) => {
      const options = { service: 'ingress', dir: folders.dir(name), upstream, l1Bytes, env };
      return kept(await openGateway({ ...options, nodeArgs: settings.nodeArgs }));
    };
    const main = await ingress('distributed-ingress');
    const small = await ingress('distributed-ingress-small', 1);
    const hits = await fillUp(main, redis.url, settings, say);
    const processes = { ingress: main, ...services, redis };
    const facts = Object.entries(processes).map(([name, { pid }]) => {
      return {
        name: `distributed: memory of ${name}, ${settings.entries} entries`,
        value: memoryOf(pid)?.rssMb,
        unit: 'MB',
      };
    });
    return { redisUrl: redis.url, main, small, hits, facts, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function fillUp(main, redisUrl, { entries, parents, stored }, say) {
  const asked = Math.max(parents, stored);
  await askAll(main, [...originals, ...Array.from({ length: asked }, (_, n) => newQuestion(n))]);
  await flush(main);
  say(`distributed: filling up to ${entries} entries`);
  await fill(redisUrl, entries);
  await flush(main);
  const hits = await hitsOf(main);
  say(`distributed: ${hits.length} of ${paraphrases.length} paraphrases hit by meaning`);
  return hits;
}

/** CPU microseconds that one stored answer costs the process that enqueues it, each round's; on a Redis that nobody reads. */
export async function measureEnqueue({ folders, rounds, say }) {
  say('enqueue alone');
  const redis = await startRedis(folders.dir('enqueue-redis'));
  try {
    const cpuUs = [];
    for (let round = 0; round < rounds; round++) {
      const child = new Child('./enqueue.mjs', [redis.url]);
      const figures = await child.next();
      cpuUs.push(figures.cpuUs);
      await child.close();
    }
    return cpuUs;
  } finally {
    await redis.close();
  }
}
