#!/usr/bin/env node
// One file for each process, so that it starts in half the time: about 1,500 modules, found and compiled one by one, cost
// more than a second of processor time. What lies beside a module (models, worker threads) stays where it is.
//
//   node scripts/bundle.mjs                                        all of them, to dist/<name>.js
//   node scripts/bundle.mjs <folder> <name>=<compiled entry>...    these, to <folder>/<name>.js
import { readFileSync, rmSync } from 'node:fs';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** What loads binaries or files of its own, or is not there on every machine. */
const APART = /^(lmdb|hnswlib-node|onnxruntime-node|@xenova\/transformers|msgpackr-extract|@bull-board\/.*)$/;
const OPTIONAL = ['pg', '@valkey/valkey-glide'];

const ALL = {
  ...Object.fromEntries(
    ['ingress', 'embedding', 'cache', 'worker', 'standalone'].map((name) => [name, `services/${name}/dist/main.js`]),
  ),
  nearhit: 'packages/cli/dist/main.js',
};

const posix = (path) => path.split(sep).join('/');

/** As a module in `folder` names it. */
const seenFrom = (folder, path) => {
  const way = posix(relative(folder, path));
  return way.startsWith('.') ? way : `./${way}`;
};

/** Found from where it is asked for, which may see packages that the bundle's own place does not. */
const apart = (folder) => ({
  name: 'apart',
  setup(builder) {
    builder.onResolve({ filter: APART }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === 'seen') return undefined;
      const found = await builder.resolve(path, { resolveDir, kind, pluginData: 'seen' });
      if (found.errors.length > 0) return { path, external: true };
      return { path: seenFrom(folder, found.path), external: true };
    });
  },
});

/** Our own modules find their files by their own place, not by the bundle's. */
const places = (folder) => ({
  name: 'places',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]dist[\\/].*\.js$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8');
      if (!code.includes('import.meta.url')) return undefined;
      const here = `new URL(${JSON.stringify(seenFrom(folder, path))}, import.meta.url).href`;
      return { contents: code.replaceAll('import.meta.url', here), loader: 'js', resolveDir: dirname(path) };
    });
  },
});

/** @param {string} folder @param {Record<string, string>} entries */
async function bundle(folder, entries) {
  const outdir = resolve(folder);
  rmSync(outdir, { recursive: true, force: true });
  await build({
    entryPoints: entries,
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    legalComments: 'none',
    minifyWhitespace: true,
    minifySyntax: true,
    logLevel: 'error',
    external: OPTIONAL,
    plugins: [apart(outdir), places(outdir)],
    banner: {
      js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
    },
  });
}

const [folder, ...entries] = process.argv.slice(2);
if (folder === undefined) {
  process.chdir(fileURLToPath(new URL('..', import.meta.url)));
  await bundle('dist', ALL);
} else await bundle(folder, Object.fromEntries(entries.map((entry) => entry.split('='))));
