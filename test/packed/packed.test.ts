import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const INSTALL_MS = 240_000;

/** What a user's own project has to say to pnpm; npm asks nothing. */
const WORKSPACE = `allowBuilds:
  hnswlib-node: true
  lmdb: false
  msgpackr-extract: false
  onnxruntime-node: false
  protobufjs: false
  sharp: false
`;
const BESIDE = ['express@5.3.0', '@types/express@5.0.6', '@types/node@20.19.43'];

let project: string;
const inProject = (path: string) => join(project, path);
/** No variable of the caller's that would configure a gateway. */
const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'nearhit-scratch-'));
  await run(process.execPath, [join(root, 'scripts/pack.mjs'), inProject('packed')], { env });
  const tarballs = readdirSync(inProject('packed')).map((name) => inProject(`packed/${name}`));
  expect(tarballs).toHaveLength(2);
  writeFileSync(inProject('package.json'), JSON.stringify({ name: 'scratch', private: true, type: 'module' }));
  writeFileSync(inProject('pnpm-workspace.yaml'), WORKSPACE);
  const pnpm = ['--yes', 'pnpm@12.21.0', 'add', '--prefer-offline', ...tarballs, ...BESIDE];
  await run('npx', pnpm, { cwd: project, env: { ...process.env, ...env } });
}, INSTALL_MS);
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the packed packages, installed in a project of their own', () => {
  test('the command answers questions from an empty folder', async () => {
    const cwd = inProject('empty');
    mkdirSync(cwd);
    const command = inProject('node_modules/.bin/nearhit');
    expect((await run(command, ['--version'], { cwd, env })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const gateway = spawn(command, ['start', '--json', '--port', '0'], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = await once(gateway.stdout, 'data');
      const { url } = JSON.parse(String(line)) as { url: string };
      const reply = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: 'Is anybody there?' }] }),
      });
      expect([reply.status, reply.headers.get('x-nearhit-cache')]).toEqual([200, 'miss']);
      const { stdout } = await run(command, ['status', '--json', '--url', url], { cwd, env });
      expect(JSON.parse(stdout)).toMatchObject({ url, readiness: { ready: true } });
    } finally {
      const gone = once(gateway, 'exit');
      gateway.kill('SIGTERM');
      await gone;
    }
    expect(readdirSync(cwd)).toEqual(['.nearhit']);
  });

  test('middleware and client are typed, and work together', async () => {
    cpSync(fileURLToPath(new URL('../fixtures/scratch/app.mts', import.meta.url)), inProject('app.mts'));
    const options = { strict: true, module: 'NodeNext', target: 'ES2023', types: ['node'], outDir: '.' };
    writeFileSync(inProject('tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['app.mts'] }));
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], { env });
    const { stdout } = await run(process.execPath, ['app.mjs'], { cwd: project, env });
    expect(JSON.parse(stdout)).toEqual({
      ...{ first: 'miss', again: 'l1', reworded: 'semantic' },
      ...{ threshold: 0.93, requests: 3 },
    });
  });
});
