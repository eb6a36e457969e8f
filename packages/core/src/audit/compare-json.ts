import { isObject } from '../reply/answer.ts';

/** More figures than this are rarely the answer itself: scores, dates of now, ids. */
const LEAVES_TOLD_MAX = 4;

/** Undefined: at least one of them is no JSON object or list. */
export function compareJson(a: string, b: string): { readonly differs: 'no' | 'figures' | 'perhaps' } | undefined {
  const [left, right] = [leavesOf(a), leavesOf(b)];
  if (left === undefined || right === undefined) return undefined;
  if (left.size !== right.size || [...left.keys()].some((path) => !right.has(path))) return { differs: 'perhaps' };
  const differing = [...left].filter(([path, value]) => right.get(path) !== value);
  if (differing.length === 0) return { differs: 'no' };
  const isFigure = ([path, value]: [string, Leaf]) => typeof value !== 'string' && typeof right.get(path) !== 'string';
  const isTold = left.size <= LEAVES_TOLD_MAX && differing.some(isFigure);
  return { differs: isTold ? 'figures' : 'perhaps' };
}

type Leaf = string | number | boolean | null;

const FENCE = /^```(?:json)?\s*([\s\S]*?)\s*```$/;

function leavesOf(text: string): Map<string, Leaf> | undefined {
  const bare = FENCE.exec(text.trim())?.[1] ?? text;
  try {
    const parsed: unknown = JSON.parse(bare);
    if (!isObject(parsed) && !Array.isArray(parsed)) return undefined;
    const leaves = new Map<string, Leaf>();
    gather(parsed, '', leaves);
    return leaves;
  } catch {
    return undefined;
  }
}

function gather(value: unknown, path: string, into: Map<string, Leaf>): void {
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value);
    into.set(`${path}#`, Array.isArray(value) ? fields.length : null);
    for (const [name, inner] of fields) gather(inner, `${path}/${name}`, into);
  } else into.set(path, typeof value === 'string' ? value.normalize('NFKC').trim().toLowerCase() : (value as Leaf));
}
