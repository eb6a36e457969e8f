// How processes become one file each. What lies beside a module (models, worker threads) is found from where the module was.
import { readFileSync, rmSync } from 'node:fs';
import { dirname, relative, sep } from 'node:path';
import { build } from 'esbuild';

/** What loads binaries or files of its own. */
const APART = /^(lmdb|hnswlib-node|onnxruntime-node|@xenova\/transformers|msgpackr-extract|@bull-board\/.*)$/;
/** What a dependency would use if it were there. */
export const OPTIONAL = ['pg', '@valkey/valkey-glide'];

/** As a module in `folder` names it. */
export function seenFrom(folder, path) {
  const way = relative(folder, path).split(sep).join('/');
  return way.startsWith('.') ? way : `./${way}`;
}

/**
 * Found from where it is asked for, which may see packages that the bundle's own place does not. `folder`: where the bundle lies;
 * absent: it is named by its absolute path, for what stays on this machine.
 */
export const apart = (folder) => ({
  name: 'apart',
  setup(builder) {
    builder.onResolve({ filter: APART }, async ({ path, resolveDir, kind, pluginData }) => {
      if (pluginData === 'seen') return undefined;
      const found = await builder.resolve(path, { resolveDir, kind, pluginData: 'seen' });
      if (found.errors.length > 0) return { path, external: true };
      return { path: folder === undefined ? found.path : seenFrom(folder, found.path), external: true };
    });
  },
});

/** Under its own name: whoever installs the bundle installs it too. */
const byName = {
  name: 'by-name',
  setup(builder) {
    builder.onResolve({ filter: APART }, ({ path }) => ({ path, external: true }));
  },
};

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

/** What all bundles have in common. CommonJS within them asks for `require`. */
export const COMMON = {
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'error',
  banner: {
    js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
  },
};

/**
 * `entries`: compiled modules by the name of their bundle. `place`: where the bundle will lie, beside the packages, as
 * absolute as `outdir`, which it is by default. `packed`: what stays apart, and `installed`, is there by
 * name. Answers esbuild's metafile.
 */
export async function bundle(outdir, entries, { place = outdir, packed = false, installed = [] } = {}) {
  rmSync(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    ...COMMON,
    entryPoints: entries,
    outdir,
    metafile: true,
    legalComments: packed ? 'linked' : 'none',
    minifyWhitespace: true,
    minifySyntax: true,
    external: [...OPTIONAL, ...installed],
    plugins: [packed ? byName : apart(place), places(place)],
  });
  return metafile;
}
