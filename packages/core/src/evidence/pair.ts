import { hash } from 'node:crypto';
import { factsOf } from '../decide/facts-memo.ts';
import type { Fingerprint, PairId, Scope } from '../ids.ts';
import type { JudgedPair, LabelSource, PairFilter, PairVerdict } from '../ports/pair-store.ts';

export const PAIR_TEXT_CHARS_MAX = 2000;

/** UTF-16 units; what is longer is never compared by meaning, and reading megabytes would hold up every other request. */
const COMPARED_CHARS_MAX = 8192;

/**
 * Names a wording: SHA-256, 64 hex digits. Case, white space, end punctuation, contractions and courtesies make no
 * difference; of a text that is too long to be read, only its identity is compared, and of a much longer one its bytes.
 */
export function textKeyOf(text: string): string {
  if (text.length > COMPARED_CHARS_MAX) return hash('sha256', `l${text}`);
  const { wording, identity } = factsOf(text);
  return hash('sha256', wording === '' ? `i${identity}` : `w${wording}`);
}

/** The same whichever of two keys comes first. */
export const pairKeyOf = (a: string, b: string): string => (a < b ? a + b : b + a);

/** One of the two texts that were compared. */
export interface PairSide {
  readonly text: string;
  /** Where `text` was cut. Default: the text's own. */
  readonly key?: string | undefined;
}

export interface NewPair extends Omit<JudgedPair, 'id' | 'keys' | 'texts'> {
  readonly a: PairSide;
  readonly b: PairSide;
}

/** A pair under its id. A fingerprint is kept on a right one only. */
export function judgedPair({ a, b, scope, verdict, fingerprint, source, atMs, requestId }: NewPair): JudgedPair {
  const sides = [a, b].map(({ text, key = textKeyOf(text) }) => ({ text: text.slice(0, PAIR_TEXT_CHARS_MAX), key }));
  const [first, second] = sides.sort((one, other) => (one.key < other.key ? -1 : 1)) as [Keyed, Keyed];
  const counted = verdict === 'right' ? fingerprint : undefined;
  const keys = [first.key, second.key] as const;
  return {
    id: pairIdOf(scope, keys, verdict, counted),
    scope: { tenant: scope.tenant, namespace: scope.namespace, model: scope.model },
    keys,
    texts: [first.text.toWellFormed(), second.text.toWellFormed()],
    verdict,
    ...(counted !== undefined && { fingerprint: counted }),
    source,
    atMs,
    ...(requestId !== undefined && { requestId }),
  };
}

type Keyed = Required<Pick<PairSide, 'text'>> & { readonly key: string };

function pairIdOf(
  { tenant, namespace, model }: Scope,
  keys: readonly [string, string],
  verdict: PairVerdict,
  fingerprint: Fingerprint | undefined,
): PairId {
  return hash('sha256', JSON.stringify([tenant, namespace, model, ...keys, verdict, fingerprint ?? null])) as PairId;
}

/** Equal texts, equal scopes. */
export const scopeKeyOf = ({ tenant, namespace, model }: Readonly<Record<keyof Scope, string>>): string =>
  JSON.stringify([tenant, namespace, model]);

export function matchesPair({ scope, verdict }: JudgedPair, filter: PairFilter): boolean {
  return (
    (filter.tenant === undefined || scope.tenant === filter.tenant) &&
    (filter.namespace === undefined || scope.namespace === filter.namespace) &&
    (filter.model === undefined || scope.model === filter.model) &&
    (filter.verdict === undefined || verdict === filter.verdict)
  );
}

export const LABEL_SOURCES: readonly LabelSource[] = ['feedback', 'audit', 'shadow', 'import'];
