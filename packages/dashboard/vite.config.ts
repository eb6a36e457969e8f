import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const OUT = join(import.meta.dirname, 'dist/site');

/** Compressed once here instead of on every request. */
const precompress: Plugin = {
  name: 'precompress',
  apply: 'build',
  closeBundle() {
    for (const file of filesIn(OUT)) {
      const bytes = readFileSync(file);
      const brotli = {
        params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      };
      writeFileSync(`${file}.br`, brotliCompressSync(bytes, brotli));
      writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
    }
  },
};

/** What runs in a browser takes nothing of the house but types, of which nothing is left here. */
const alone: Plugin = {
  name: 'alone',
  apply: 'build',
  load(id) {
    if (/[\\/]packages[\\/](?!dashboard[\\/])/.test(id) && !id.includes('node_modules'))
      this.error(`${id} is no part of the page: import its types only.`);
  },
};

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());

export default defineConfig({
  root: join(import.meta.dirname, 'web'),
  base: '/dashboard/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the page allows no `data:` address in a style sheet or a script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  // `vite dev` beside a running gateway.
  server: {
    proxy: Object.fromEntries(
      ['/admin/v1', '/dashboard/session', '/v1'].map((path) => [path, 'http://127.0.0.1:8080']),
    ),
  },
  plugins: [alone, precompress],
});
