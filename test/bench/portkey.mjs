import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cleanEnv, ended, freePort } from './processes.mjs';

const VERSION = '1.15.2';
/** The last with which its streams work on Node 20; with the newer ones that its range allows they end as 500. */
const NODE_SERVER_VERSION = '1.13.8';
/** Outside the workspace: nearhit does not depend on it, and most people never compare. */
const FOLDER = join(tmpdir(), `nearhit-bench-portkey-${VERSION}-${NODE_SERVER_VERSION}`);
const MAIN = join(FOLDER, 'node_modules/@portkey-ai/gateway/build/start-server.js');
const START_LIMIT_MS = 30_000;

/** What a request to it says: one target, no retries, no cache; the least that it can do. */
export const portkeyHeaders = (upstreamOrigin) => ({
  authorization: 'Bearer bench',
  'x-portkey-provider': 'openai',
  'x-portkey-custom-host': `${upstreamOrigin}/v1`,
});

/** False when it is not there and the registry does not give it. */
function fetched() {
  if (existsSync(MAIN)) return true;
  mkdirSync(FOLDER, { recursive: true });
  const manifest = {
    private: true,
    dependencies: { '@portkey-ai/gateway': VERSION },
    overrides: { '@hono/node-server': NODE_SERVER_VERSION },
  };
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify(manifest));
  const { status } = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    stdio: 'ignore',
    timeout: 120_000,
    shell: process.platform === 'win32',
  });
  return status === 0 && existsSync(MAIN);
}

/** `@portkey-ai/gateway` as its README starts it; undefined, having said why, when it can't be had. */
export async function openPortkey(say) {
  if (!fetched()) {
    say(`portkey: @portkey-ai/gateway ${VERSION} can't be fetched from the npm registry; its row is left out`);
    return undefined;
  }
  const port = await freePort();
  const env = { ...cleanEnv(), NODE_ENV: 'production' };
  const child = spawn(process.execPath, [MAIN, `--port=${port}`, '--headless'], { stdio: 'ignore', env });
  const origin = `http://127.0.0.1:${port}`;
  for (const startedAt = performance.now(); performance.now() - startedAt < START_LIMIT_MS; await sleep(20)) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    const listening = await fetch(origin).then(
      () => true,
      () => false,
    );
    if (listening) return { pid: child.pid, origin, close: () => ended(child) };
  }
  await ended(child);
  say('portkey: it did not start; its row is left out');
  return undefined;
}
