import type { z } from 'zod';
import type { ConfigDocument } from './document.ts';
import { expectationAt, keysAt } from './expectation.ts';
import { type ConfigFault, type Path, pathText } from './faults.ts';
import { nearestOf } from './nearest.ts';
import { type FileConfig, fileSchema } from './schema.ts';

const SECRET = /apiKeys|headers|adminToken|internalToken|^server\.(?:secret|webhookSecret)$|^redis(\.url)?$/;
const URL_WITH_LOGIN = /:\/\/[^/\s]*@/;
const SHOWN_CHARACTERS_MAX = 60;

/** The file's values against the schema. `config` is absent when there are faults. */
export function validate(document: ConfigDocument): { config?: FileConfig; faults: ConfigFault[] } {
  let result = fileSchema.safeParse(sections(document.value()));
  if (!result.success) {
    const coerced = result.error.issues.filter(
      (issue) => issue.code === 'invalid_type' && document.coerce(issue.path as Path),
    );
    if (coerced.length > 0) result = fileSchema.safeParse(sections(document.value()));
  }
  if (result.success) return { config: result.data, faults: [] };
  const raw = document.value();
  return { faults: result.error.issues.flatMap((issue) => faultsOf(issue, document, raw)).sort(byPlace) };
}

/** As an editor shows them, from the top down. */
function byPlace(a: ConfigFault, b: ConfigFault): number {
  const [lineA = 0, columnA = 0] = a.where.split(':').slice(-2).map(Number);
  const [lineB = 0, columnB = 0] = b.where.split(':').slice(-2).map(Number);
  return lineA - lineB || columnA - columnB;
}

/** A section whose lines are all commented out is an empty section. */
function sections(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
}

function faultsOf(issue: z.core.$ZodIssue, document: ConfigDocument, raw: unknown): ConfigFault[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      where: document.whereKey(path, key),
      path: pathText([...path, key]),
      message: `unknown key${suggestion(key, keysAt(fileSchema, path))}`,
    }));
  }
  if (issue.code === 'invalid_key') {
    const where = document.whereKey(path.slice(0, -1), String(path.at(-1)));
    return [{ where, path: pathText(path), message: 'expected 1 to 128 of the characters A-Z a-z 0-9 . _ : -' }];
  }
  const where = document.where(path);
  if (issue.code === 'custom') return [{ where, path: pathText(path), message: issue.message }];
  const message = `expected ${expectationAt(fileSchema, path)}${found(path, document, raw)}`;
  return [{ where, path: pathText(path), message }];
}

function suggestion(key: string, known: string[]): string {
  if (known.length === 0) return '';
  const nearest = nearestOf(key, known);
  return nearest === undefined ? `; known are ${known.join(', ')}` : `; did you mean ${nearest}?`;
}

function found(path: Path, document: ConfigDocument, raw: unknown): string {
  const written = document.written(path);
  if (written !== undefined) return `, got what ${written} stands for`;
  const value = path.reduce<unknown>(
    (node, step) => (node as Record<string | number, unknown> | undefined)?.[step],
    raw,
  );
  if (value === undefined) return ', got nothing';
  return hidden(path) ? '' : `, got ${shown(value)}`;
}

/** What stands at a path is not to be shown. */
export function hidden(path: Path): boolean {
  return SECRET.test(path.join('.'));
}

export function shown(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value !== 'string') return String(value);
  // A secret in the wrong place is one still.
  if (URL_WITH_LOGIN.test(value)) return 'a URL with a user name or password';
  const text = JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS_MAX ? text : `${text.slice(0, SHOWN_CHARACTERS_MAX)}..."`;
}
