// Declarations as a package of their own: those that an entry reaches, with workspace packages beside each other.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { seenFrom } from './bundling.mjs';

const SPECIFIER = /(\bfrom\s+|\bimport\(\s*|\bimport\s+)(["'])([^"']+)\2/g;

export const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** The nearest package.json above. */
function manifestOf(path) {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) return { folder, manifest: JSON.parse(readFileSync(file, 'utf8')) };
  }
}

/** A workspace package's declarations, by its name and path. */
function inWorkspace(from, specifier) {
  if (!specifier.startsWith('@nearhit/')) return undefined;
  const name = packageOf(specifier);
  const { folder } = manifestOf(from);
  const home = join(folder, 'node_modules', name);
  const { exports } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const types = exports[`.${specifier.slice(name.length)}`]?.types;
  return types === undefined ? undefined : { room: name.split('/')[1], file: join(home, types) };
}

/** Where a declaration goes: `<room>/<path below its dist>`. */
function placed(path) {
  const { folder, manifest } = manifestOf(path);
  return join(manifest.name.split('/').at(-1), relative(join(folder, 'dist'), path));
}

const declarationOf = (from, specifier) =>
  join(dirname(from), specifier)
    .replace(/\.(js|ts)$/, '.d.ts')
    .replace(/\.d\.d\.ts$/, '.d.ts');

/** Copies what `entry` (below `root`) reaches to `target`; answers the entry's place there and what else must be installed. */
export function copyTypes(root, entry, target) {
  const first = join(root, entry);
  const dependencies = {};
  const seen = new Set();
  const copy = (path) => {
    const place = placed(path);
    if (seen.has(path)) return place;
    seen.add(path);
    const here = join(target, place);
    const text = readFileSync(path, 'utf8').replace(SPECIFIER, (whole, before, quote, specifier) => {
      if (specifier.startsWith('node:')) return whole;
      const other = specifier.startsWith('.') ? { file: declarationOf(path, specifier) } : inWorkspace(path, specifier);
      if (other !== undefined) {
        const to = copy(other.file).replace(/\.d\.ts$/, '.js');
        return `${before}${quote}${seenFrom(dirname(here), join(target, to))}${quote}`;
      }
      const name = packageOf(specifier);
      const { manifest } = manifestOf(path);
      const versionIn = { ...manifest.devDependencies, ...manifest.dependencies };
      if (versionIn[name] !== undefined) dependencies[name] = versionIn[name];
      return whole;
    });
    mkdirSync(dirname(here), { recursive: true });
    writeFileSync(here, text.replace(/^\/\/# sourceMappingURL=.*$/m, ''));
    return place;
  };
  const place = copy(first).split('\\').join('/');
  return { entry: place, dependencies };
}
