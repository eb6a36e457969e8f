#!/usr/bin/env node
// The npm packages: `nearhit` (the command and the middleware, models included) and `@nearhit/client` (the admin API's
// typed client). Build first.
//
//   node scripts/pack.mjs [folder]      writes nearhit-<version>.tgz and nearhit-client-<version>.tgz there (default: dist/npm)
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundling.mjs';
import { copyTypes, packageOf } from './packed-types.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (path) => join(root, path);
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const { version, license, engines } = readJson(at('package.json'));

/** Each is run by a thread of its own, from where its package has it. */
const WORKERS = {
  'packages/embedding/dist': ['worker'],
  'packages/vector-index/dist': ['worker'],
  'packages/gateway/dist/tokens': ['worker'],
};
/** Read from where they are. */
const FILES = [
  'packages/model-minilm/model',
  'packages/model-minilm/LICENSE',
  'packages/verifier/model',
  'packages/verifier/LICENSE-WORDNET',
  'packages/verifier/MODEL_CARD.md',
  'packages/dashboard/dist/site',
  'packages/cli/package.json',
  'packages/gateway/package.json',
  'packages/dashboard/dist/site',
];

/** The exact versions that this repository was tested with. */
function versions() {
  const known = {};
  for (const room of ['packages', 'services']) {
    for (const name of readdirSync(at(room)))
      Object.assign(known, readJson(at(`${room}/${name}/package.json`)).dependencies);
  }
  return known;
}

/** Packages that bundles leave to be installed. */
function apartIn(metafiles) {
  const imports = metafiles.flatMap(({ outputs }) => Object.values(outputs).flatMap((output) => output.imports));
  const names = imports
    .filter(({ external, path }) => external && !/^(node:|[./])/.test(path))
    .map(({ path }) => packageOf(path));
  const known = versions();
  // bull-board looks for the queue's library by itself, and transformers.js for its runtime.
  if (names.includes('@bull-board/api')) names.push('bullmq', 'ioredis');
  const found = [...new Set(names)].filter((name) => name in known).sort();
  return Object.fromEntries(found.map((name) => [name, known[name]]));
}

function writePackage(stage, manifest) {
  const common = { version, license, type: 'module', engines, repository: undefined };
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify({ ...manifest, ...common }, null, 2)}\n`);
  for (const file of ['LICENSE', 'NOTICE']) cpSync(at(file), join(stage, file));
}

async function stageGateway(stage) {
  const entries = { nearhit: at('packages/cli/dist/main.js'), standalone: at('services/standalone/dist/main.js') };
  const library = { middleware: at('services/standalone/dist/middleware.js') };
  const made = [await bundle(join(stage, 'dist'), { ...entries, ...library }, { place: at('dist'), packed: true })];
  for (const [folder, names] of Object.entries(WORKERS)) {
    const workers = Object.fromEntries(names.map((name) => [name, at(`${folder}/${name}.js`)]));
    made.push(await bundle(join(stage, folder), workers, { place: at(folder), packed: true }));
  }
  for (const file of FILES) {
    mkdirSync(dirname(join(stage, file)), { recursive: true });
    cpSync(at(file), join(stage, file), { recursive: true });
  }
  const typed = copyTypes(root, 'services/standalone/dist/middleware.d.ts', join(stage, 'types'));
  cpSync(at('docs/npm/nearhit.md'), join(stage, 'README.md'));
  writePackage(stage, {
    name: 'nearhit',
    description: 'A semantic-cache AI gateway: an OpenAI-compatible proxy that answers again what means the same.',
    bin: { nearhit: 'dist/nearhit.js' },
    exports: { '.': { types: `./types/${typed.entry}`, default: './dist/middleware.js' } },
    dependencies: { ...apartIn(made), ...typed.dependencies },
  });
}

async function stageClient(stage) {
  const made = await bundle(
    join(stage, 'dist'),
    { index: at('packages/http/dist/client/index.js') },
    { place: at('dist'), packed: true, installed: ['zod', 'undici'] },
  );
  const typed = copyTypes(root, 'packages/http/dist/client/index.d.ts', join(stage, 'types'));
  cpSync(at('docs/npm/client.md'), join(stage, 'README.md'));
  writePackage(stage, {
    name: '@nearhit/client',
    description: 'The admin API of a nearhit gateway, typed.',
    exports: { '.': { types: `./types/${typed.entry}`, default: './dist/index.js' } },
    dependencies: { ...apartIn([made]), ...typed.dependencies },
  });
}

const target = resolve(process.argv[2] ?? at('dist/npm'));
mkdirSync(target, { recursive: true });
for (const stageIt of [stageGateway, stageClient]) {
  const stage = mkdtempSync(join(tmpdir(), 'nearhit-pack-'));
  try {
    await stageIt(stage);
    const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', target], {
      cwd: stage,
    });
    const [{ filename, size, unpackedSize }] = JSON.parse(packed.toString());
    const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
    console.log(`${join(target, filename)}  ${mb(size)}, unpacked ${mb(unpackedSize)}`);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}
