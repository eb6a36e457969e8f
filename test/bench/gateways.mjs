import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child, freePort, startService } from './processes.mjs';
import { bodyOf, originals, paraphrases } from './questions.mjs';

export const PATH = '/v1/chat/completions';
const TOKEN = 'bench-admin-token';
const START_LIMIT_MS = 120_000;
const FLUSH_LIMIT_MS = 120_000;

/** Temporary folders of one run, gone at the end. */
export function createFolders() {
  const root = mkdtempSync(join(tmpdir(), 'nearhit-bench-'));
  return {
    dir(name) {
      const dir = join(root, name);
      mkdirSync(dir, { recursive: true });
      return dir;
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/**
 * Starts the gateway and waits until it has answered a chat request. `startMs`: from spawn to that answer.
 * The look-up deadline is longer than the default of 150 ms: with 64 requests waiting for one embedding thread the
 * default would give some of them up, and the row would measure the upstream.
 */
export async function openGateway({ service = 'standalone', dir, upstream, l1Bytes, yaml = '', env, nodeArgs }) {
  const l1 = l1Bytes === undefined ? '' : `\n  l1: { bytesMax: ${l1Bytes} }`;
  writeFileSync(join(dir, 'nearhit.yaml'), `cache:\n  lookupTimeoutMs: 5000${l1}\n${yaml}`);
  const port = await freePort();
  const startedAt = performance.now();
  const gateway = startService({
    ...{ service, port, dir, nodeArgs },
    env: { OPENAI_BASE_URL: `${upstream.origin}/v1`, OPENAI_API_KEY: 'bench', NEARHIT_ADMIN_TOKEN: TOKEN, ...env },
  });
  const body = bodyOf('Are you there?', false);
  for (;;) {
    if (gateway.gone()) throw new Error(`the gateway ended at its start:\n${gateway.output()}`);
    const refusal = await tryOnce(gateway.origin, body);
    if (refusal === undefined) break;
    if (refusal !== NOT_THERE || performance.now() - startedAt > START_LIMIT_MS) {
      await gateway.close();
      throw new Error(`the gateway did not answer its first request: ${refusal}\n${gateway.output()}`);
    }
    await sleep(5);
  }
  return { ...gateway, startMs: performance.now() - startedAt };
}

const NOT_THERE = 'no connection';

/** What the gateway said instead of an answer, or undefined. */
async function tryOnce(origin, body) {
  try {
    const headers = { 'content-type': 'application/json', 'x-nearhit-cache': 'off' };
    const response = await fetch(origin + PATH, { method: 'POST', headers, body });
    const text = await response.text();
    return response.ok ? undefined : `${response.status} ${text}`;
  } catch {
    return NOT_THERE;
  }
}

/** Asks each text once, a few at a time; answers what the gateway said about each. */
export async function askAll(gateway, texts, { stream = false, onlyCached = false } = {}) {
  const replies = new Array(texts.length);
  let at = 0;
  const worker = async () => {
    for (let i = at++; i < texts.length; i = at++) {
      const response = await fetch(gateway.origin + PATH, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(onlyCached && { 'x-nearhit-cache': 'only' }) },
        body: bodyOf(texts[i], stream),
      });
      const body = Buffer.from(await response.arrayBuffer());
      if (!response.ok && !(onlyCached && response.status === 504))
        throw new Error(`asking first: status ${response.status}: ${body}`);
      replies[i] = {
        body,
        cache: response.headers.get('x-nearhit-cache'),
        layer: response.headers.get('x-nearhit-layer'),
        reason: response.headers.get('x-nearhit-reason'),
      };
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  return replies;
}

/** The paraphrases that it answers by meaning. */
export async function hitsOf(gateway) {
  const texts = paraphrases.map(({ text }) => text);
  const replies = await askAll(gateway, texts, { onlyCached: true });
  return paraphrases.filter((_, i) => replies[i].layer === 'semantic');
}

/** A new API key's secret. */
export async function createKey(gateway, settings) {
  const response = await fetch(`${gateway.origin}/admin/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`making an API key: status ${response.status}: ${text}`);
  return JSON.parse(text).key;
}

/** A floor that answers with the very bytes that the gateway answers a hit with. */
export async function openCacheFloor(args, gateway) {
  const floor = await Child.listening('./floors.mjs', args);
  const [json] = await askAll(gateway, originals.slice(0, 1));
  const [stream] = await askAll(gateway, originals.slice(0, 1), { stream: true });
  floor.send({ json: json.body.toString('base64'), stream: stream.body.toString('base64') });
  await floor.next();
  return floor;
}

/** Resolves when all that was asked is durable and searchable. */
export async function flush(gateway) {
  const response = await fetch(`${gateway.origin}/admin/v1/flush?timeoutMs=${FLUSH_LIMIT_MS}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`flush: status ${response.status}: ${text}`);
}

/** Fills up to a number of entries what holds some already: a data folder, or a Redis by its URL. */
export async function fill(where, entries) {
  const child = new Child('./fill.mjs', [where, String(entries)]);
  await new Promise((resolve, reject) => {
    child.process.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`fill.mjs: exit code ${code}`))));
  });
}
