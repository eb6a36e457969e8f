// A test file of Jest is given a module registry of its own, into which Jest reads some 1,500 modules one by
// one: more processor time than most tests themselves take. So what a file names by its package's name it gets as a few
// large modules, made of the sources as they are; a package's own tests still read its own files one by one.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { apart, COMMON, OPTIONAL } from './bundling.mjs';
import { LIBRARIES, FOLDER as outdir } from './test-resolver.cjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What one package shows under the condition `nearhit-source`, by the name that others import. */
function* shownBy(folder) {
  const { name, exports = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const [way, { 'nearhit-source': source }] of Object.entries(exports)) {
    if (source === undefined) continue;
    const [start, end] = source.split('*');
    if (end === undefined) yield [name + way.slice(1), join(folder, source)];
    else
      for (const file of readdirSync(join(folder, start)))
        if (file.endsWith(end) && !file.endsWith('.test.ts'))
          yield [name + way.slice(1).replace('*', file.slice(0, -end.length)), join(folder, start, file)];
  }
}

function* packages() {
  for (const room of ['packages', 'services'])
    for (const name of readdirSync(join(root, room)))
      if (existsSync(join(root, room, name, 'package.json'))) yield join(root, room, name);
}

/** CommonJS has no named exports until it has run: they are written out, so that tests can import them. */
const libraries = {
  name: 'libraries',
  setup(builder) {
    builder.onResolve({ filter: /^lib:/ }, ({ path }) => ({ path: path.slice('lib:'.length), namespace: 'lib' }));
    builder.onLoad({ filter: /.*/, namespace: 'lib' }, async ({ path: name }) => {
      const resolveDir = join(root, LIBRARIES[name]);
      const found = createRequire(join(resolveDir, 'package.json')).resolve(name);
      const names = Object.keys(await import(pathToFileURL(found)));
      const named = names.filter((one) => /^[A-Za-z_$][\w$]*$/.test(one) && one !== 'default');
      const lines = [
        `import * as all from '${name}';`,
        'export default all.default;',
        ...named.map((one, n) => `const x${n} = all.${one};`),
        `export { ${named.map((one, n) => `x${n} as ${one}`).join(', ')} };`,
      ];
      return { contents: lines.join('\n'), resolveDir, loader: 'js' };
    });
  },
};

const SLICES = 'createSlicesForString(charArbitrary, constraints);';
const WIDE = '["grapheme", "grapheme-composite", "binary"].includes(constraints.unit)';

/**
 * To see which of its dangerous strings (`__proto__`) a unit can spell, fast-check lists all million code points of the wide units,
 * a second of work for each test file that has one. Those strings are ASCII, and its ASCII unit spells them all the same.
 */
const asciiSlices = {
  name: 'ascii-slices',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]fast-check[\\/]lib[\\/]fast-check\.js$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8');
      if (code.split(`= ${SLICES}`).length !== 2) throw new Error(`${path} is not as test-modules.mjs expects it`);
      const ascii = `${WIDE} ? createSlicesForString(stringUnit("grapheme", "ascii"), constraints) : ${SLICES}`;
      return { contents: code.replace(`= ${SLICES}`, () => `= ${ascii}`), loader: 'js' };
    });
  },
};

/** Our modules find the files that lie beside them where they were written. */
const places = {
  name: 'places',
  setup(builder) {
    builder.onLoad({ filter: /[\\/](packages|services)[\\/].*\.ts$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8');
      if (!code.includes('import.meta.url')) return undefined;
      const here = JSON.stringify(pathToFileURL(path).href);
      return { contents: code.replaceAll('import.meta.url', here), loader: 'ts', resolveDir: dirname(path) };
    });
  },
};

const HOW = ['test-modules.mjs', 'test-resolver.cjs', 'bundling.mjs'];

/** Changes when a source, a manifest or what is installed does. */
function stampOf() {
  const newest = (folder) => {
    let [time, count] = [0, 0];
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      if (!entry.isFile() || !/\.(ts|json)$/.test(entry.name)) continue;
      time = Math.max(time, statSync(path).mtimeMs);
      count += 1;
    }
    return `${time} ${count}`;
  };
  const parts = [
    statSync(join(root, 'pnpm-lock.yaml')).mtimeMs,
    ...HOW.map((file) => statSync(join(root, 'scripts', file)).mtimeMs),
  ];
  for (const folder of packages()) {
    parts.push(statSync(join(folder, 'package.json')).mtimeMs);
    for (const part of ['src', 'testing']) if (existsSync(join(folder, part))) parts.push(newest(join(folder, part)));
  }
  return parts.join('\n');
}

export async function putTogether() {
  const stamp = stampOf();
  const stampFile = join(outdir, 'stamp');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  rmSync(outdir, { recursive: true, force: true });
  const ours = [...packages()].flatMap((folder) => [...shownBy(folder)]);
  await build({
    ...COMMON,
    entryPoints: {
      ...Object.fromEntries(ours.map(([name, file]) => [name.replace('@nearhit/', ''), file])),
      ...Object.fromEntries(Object.keys(LIBRARIES).map((name) => [`lib/${name}`, `lib:${name}`])),
    },
    outdir,
    conditions: ['nearhit-source'],
    external: ['@jest/globals', 'playwright-core', 'esbuild', ...OPTIONAL],
    plugins: [libraries, asciiSlices, apart(), places],
  });
  mkdirSync(outdir, { recursive: true });
  writeFileSync(stampFile, stamp);
}
