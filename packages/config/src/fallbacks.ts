import { closest, distance } from 'fastest-levenshtein';
import type { Path } from './faults.ts';
import type { FileConfig } from './schema.ts';

type Models = Pick<FileConfig, 'models'>;

interface Finding {
  readonly path: Path;
  readonly message: string;
}

/** Fallbacks that lead back to where they came from, each cycle once, at the step that closes it. */
export function fallbackCycles({ models }: Models): Finding[] {
  const indexOf = indexByName({ models });
  const done = new Set<number>();
  const found: Finding[] = [];
  const visit = (index: number, path: readonly number[]): void => {
    if (done.has(index)) return;
    const from = [...path, index];
    for (const [position, name] of models[index]?.fallbacks.entries() ?? []) {
      const next = indexOf.get(name);
      if (next === undefined) continue;
      const at = from.indexOf(next);
      if (at < 0) visit(next, from);
      else {
        const names = [...from.slice(at), next].map((each) => models[each]?.id);
        const message = `leads back to where it came from: ${names.join(' -> ')}`;
        found.push({ path: ['models', index, 'fallbacks', position], message });
      }
    }
    done.add(index);
  };
  models.forEach((_, index) => {
    visit(index, []);
  });
  return found;
}

/** Fallbacks that no model has as its id or alias. */
export function unknownFallbacks({ models }: Models): Finding[] {
  const names = [...indexByName({ models }).keys()];
  return models.flatMap(({ fallbacks }, index) =>
    fallbacks.flatMap((name, position) => {
      if (names.includes(name)) return [];
      const nearest = closest(name, names);
      const hint = distance(name, nearest) <= Math.max(2, name.length / 3) ? `; did you mean ${nearest}?` : '';
      return [{ path: ['models', index, 'fallbacks', position], message: `there is no model ${name}${hint}` }];
    }),
  );
}

function indexByName({ models }: Models): Map<string, number> {
  return new Map(models.flatMap(({ id, aliases }, index) => [id, ...aliases].map((name) => [name, index] as const)));
}
