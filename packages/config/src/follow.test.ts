import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Config } from './config.ts';
import { followConfig } from './follow.ts';
import { loadConfig } from './load.ts';

let cwd: string;
let following: { close(): void } | undefined;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nearhit-follow-'));
});
afterEach(() => {
  following?.close();
  rmSync(cwd, { recursive: true, force: true });
});

const write = (yaml: string) => writeFileSync(join(cwd, 'nearhit.yaml'), yaml);

test('what a change brings into force, and what waits for a restart, is said; secrets are not', async () => {
  write('server: { port: 8080 }');
  const config = loadConfig({ env: {}, cwd });
  const lines: string[] = [];
  const inForce: Config[] = [];
  const log = {
    info: (_detail: object, message: string) => void lines.push(message),
    warn: (message: string) => void lines.push(message),
    error: (message: string) => void lines.push(message),
  };
  following = followConfig({ config, env: {}, cwd, log, reconfigure: (next) => void inForce.push(next) });
  const changed = async (yaml: string): Promise<string[]> => {
    const known = inForce.length;
    write(yaml);
    while (inForce.length === known) await new Promise((resolve) => setTimeout(resolve, 10));
    return lines.splice(0);
  };
  const live = 'cache: { lookupTimeoutMs: 99 }\ntenants: [{ id: acme, rpm: 5 }]\n';
  expect(await changed(`server: { port: 8080 }\n${live}`)).toEqual(['configuration reloaded']);
  expect(await changed(`server: { port: 8080, adminToken: top-secret }\nredis: { url: redis://r }\n${live}`)).toEqual([
    'configuration reloaded',
    'not in force before a restart: what changed in server, redis',
  ]);
  expect(inForce[0]?.tenants).toEqual([{ id: 'acme', rpm: 5 }]);
});
