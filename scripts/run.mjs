#!/usr/bin/env node
// `npm start` and `npm test` on a fresh clone: installs and builds what is missing, then starts. Node only, no packages.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PNPM = 'pnpm@12.21.0';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const state = join(root, 'node_modules', '.nearhit');
process.chdir(root);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`nearhit needs Node 20.19 or newer; this is ${process.version}.`);

function fail(message) {
  console.error(message);
  process.exit(1);
}

function run(command, args, what) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (error) fail(`${what}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

const stampOf = (name) => join(state, name);
const stamped = (name) => (existsSync(stampOf(name)) ? readFileSync(stampOf(name), 'utf8') : '');
function stamp(name, value) {
  mkdirSync(state, { recursive: true });
  writeFileSync(stampOf(name), value);
}

function* files(folder, wanted) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path, wanted);
    else if (wanted(entry.name)) yield path;
  }
}

/** Installs when the lockfile or a manifest has changed since the last time. */
function install() {
  const hash = createHash('sha256').update(process.versions.modules);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) hash.update(readFileSync(file));
  for (const folder of ['packages', 'services', 'test']) {
    for (const file of files(folder, (name) => name === 'package.json')) hash.update(readFileSync(file));
  }
  const now = hash.digest('hex');
  if (stamped('installed') === now) return;
  console.error('nearhit: installing packages (first start only) ...');
  // npx because pnpm need not be there. npm hands its own settings, node-gyp's `nodedir` among them, to what it runs.
  run(
    'npx',
    ['--yes', PNPM, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error'],
    'pnpm install',
  );
  stamp('installed', now);
}

/** Builds when a source is newer than the last build. */
function build() {
  compile();
  bundlePage();
}

function compile() {
  let newest = 0;
  let count = 0;
  for (const folder of ['packages', 'services', 'test']) {
    for (const file of files(folder, (name) => /\.(ts|tsx|json)$/.test(name))) {
      newest = Math.max(newest, statSync(file).mtimeMs);
      count += 1;
    }
  }
  const now = `${newest} ${count}`;
  if (stamped('built') === now && existsSync(join('dist', 'standalone.js'))) return;
  console.error('nearhit: building ...');
  run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-b'], 'build');
  run(process.execPath, [join('scripts', 'bundle.mjs')], 'bundle');
  stamp('built', now);
}

/** The dashboard's page: when one of its files, or a package that is bundled into it, has changed. */
function bundlePage() {
  const room = join('packages', 'dashboard');
  const hash = createHash('sha256').update(readFileSync('pnpm-lock.yaml'));
  for (const file of [
    ...files(join(room, 'web'), (name) => !name.endsWith('.test.ts')),
    join(room, 'vite.config.ts'),
  ].sort()) {
    hash.update(file).update(readFileSync(file));
  }
  const now = hash.digest('hex');
  if (stamped('bundled') === now && existsSync(join(room, 'dist', 'site', 'index.html'))) return;
  console.error('nearhit: building the dashboard ...');
  run(
    process.execPath,
    [
      join(room, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      '--config',
      join(room, 'vite.config.ts'),
      '--logLevel',
      'warn',
    ],
    'vite build',
  );
  stamp('bundled', now);
}

/** The tests run on a real Redis: better said now than by each of them. */
function needRedis() {
  const runs = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
  if (['redis-server', 'valkey-server'].some(runs)) return;
  fail(
    'The tests need redis-server (or valkey-server) and none was found: install one (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis).',
  );
}

const [command, ...args] = process.argv.slice(2);
if (command === 'test') needRedis();
install();
build();
if (command === 'start') {
  process.argv = [process.execPath, join(root, 'dist', 'standalone.js'), ...args];
  await import('../dist/standalone.js');
} else if (command === 'test') {
  const jest = join('node_modules', 'jest', 'bin', 'jest.js');
  run(process.execPath, ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', jest, ...args], 'jest');
} else if (command !== 'build') fail('usage: run.mjs start | test | build');
