#!/usr/bin/env node
// One file for each process, so that it starts in two thirds of the time: about 1,500 modules, found and compiled one by
// one, cost a second of processor time.
//
//   node scripts/bundle.mjs                                        all of them, to dist/<name>.js
//   node scripts/bundle.mjs <folder> <name>=<compiled entry>...    these, to <folder>/<name>.js
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundling.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const SERVICES = ['ingress', 'embedding', 'cache', 'worker', 'standalone'];

const [folder, ...entries] = process.argv.slice(2);
if (folder === undefined) {
  const mains = SERVICES.map((name) => [name, join(root, `services/${name}/dist/main.js`)]);
  await bundle(join(root, 'dist'), {
    ...Object.fromEntries(mains),
    nearhit: join(root, 'packages/cli/dist/main.js'),
  });
} else await bundle(resolve(folder), Object.fromEntries(entries.map((entry) => entry.split('='))));
