/** Which word of one question answers to which of the other, and how they differ. */
import { isOneEditApart } from '../text/edit-distance.ts';
import { areOpposites } from '../words/antonyms.ts';
import { membershipsOf } from '../words/siblings.ts';
import type { Lexicon } from './lexicon.ts';
import { gramsOf, type Reading, type Word } from './reading.ts';

export type SubstitutionKind = 'form' | 'typo' | 'known-typo' | 'synonym' | 'kind' | 'sibling' | 'opposite' | 'other';

export interface Substitution {
  readonly kind: SubstitutionKind;
  readonly left: Word;
  readonly right: Word;
  /** 0..1 */
  readonly similarity: number;
}

export interface Alignment {
  /** Pairs of content words with one key. */
  readonly same: readonly (readonly [Word, Word])[];
  readonly substitutions: readonly Substitution[];
  /** Content words that the other side lacks altogether. */
  readonly left: readonly Word[];
  readonly right: readonly Word[];
  /** Content words that only their spacing or an abbreviation set apart. */
  readonly joined: number;
}

/** Below this two words have nothing in common. */
const SIMILARITY_MIN = 0.3;
/** More unmatched words on a side are not compared one by one. */
const COMPARED_MAX = 16;

function dice(x: ReadonlyMap<string, number>, y: ReadonlyMap<string, number>): number {
  let [common, total] = [0, 0];
  for (const n of y.values()) total += n;
  for (const [gram, n] of x) {
    total += n;
    common += Math.min(n, y.get(gram) ?? 0);
  }
  return total === 0 ? 1 : (2 * common) / total;
}

export const letterSimilarity = (a: Reading, b: Reading): number => dice(a.grams, b.grams);

/** Words paired by key, each used once; the rest of both sides. */
export function pairByKey(
  a: readonly Word[],
  b: readonly Word[],
): { same: [Word, Word][]; left: Word[]; right: Word[] } {
  const open = new Map<string, Word[]>();
  for (const word of b) {
    const known = open.get(word.token.key);
    if (known === undefined) open.set(word.token.key, [word]);
    else known.push(word);
  }
  const same: [Word, Word][] = [];
  const used = new Set<Word>();
  const left = a.filter((word) => {
    const other = open.get(word.token.key)?.shift();
    if (other === undefined) return true;
    same.push([word, other]);
    used.add(other);
    return false;
  });
  return { same, left, right: b.filter((word) => !used.has(word)) };
}

/** Takes runs of `parts` out that, written as one or by their initials, are a word of `wholes`. Answers how many words went. */
function join(wholes: Word[], parts: Word[]): number {
  let joined = 0;
  for (let w = wholes.length - 1; w >= 0; w--) {
    const { text, surface } = (wholes[w] as Word).token;
    const isShort = /^\p{Lu}{2,6}s?$/u.test(surface) || text.length <= 4;
    for (let from = 0; from < parts.length; from++) {
      let [run, initials, to] = ['', '', from];
      while (
        to < parts.length &&
        to - from < 6 &&
        run !== text &&
        !(isShort && initials.length > 1 && initials === text)
      ) {
        run += parts[to]?.token.text ?? '';
        initials += parts[to]?.token.text[0] ?? '';
        to++;
      }
      const found = to - from > 1 && (run === text || (isShort && initials === text));
      if (!found) continue;
      joined += to - from + 1;
      parts.splice(from, to - from);
      wholes.splice(w, 1);
      break;
    }
  }
  return joined;
}

/** Damerau-Levenshtein distance, at most 3 told apart. Words are short. */
function edits(a: string, b: string): number {
  if (isOneEditApart(a, b)) return a === b ? 0 : 1;
  if (Math.abs(a.length - b.length) > 2) return 3;
  // One edit at the first difference, then one more.
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  const rests = [
    [a.slice(i + 1), b.slice(i + 1)],
    [a.slice(i + 1), b.slice(i)],
    [a.slice(i), b.slice(i + 1)],
    [a.slice(i + 2), b.slice(i + 2)],
  ];
  return rests.some(([x = '', y = '']) => isOneEditApart(x, y)) ? 2 : 3;
}

function isTypo(x: string, y: string): boolean {
  const length = Math.min(x.length, y.length);
  if (length < 4 || Math.abs(x.length - y.length) > 2) return false;
  const distance = edits(x, y);
  return distance <= 1 || (distance === 2 && length >= 8);
}

/** `kye` for `key`: what is no word, in small letters, that two swapped letters make one. */
function isShortTypo(x: Word, y: Word): boolean {
  if ((x.id === undefined) === (y.id === undefined)) return false;
  const [word, other] = x.id === undefined ? [y.token, x.token] : [x.token, y.token];
  const sameLength = word.text.length === 3 && other.text.length === 3;
  if (!sameLength || other.surface !== other.text || !/^\p{Ll}+$/u.test(other.text)) return false;
  const letters = (text: string) => [...text].sort().join('');
  return isOneEditApart(word.text, other.text) && letters(word.text) === letters(other.text);
}

function areSiblings(x: Word, y: Word): boolean {
  const groups = (word: Word) => membershipsOf(word.token.text);
  const others = groups(y);
  return groups(x).some(({ group, member }) => others.some((o) => o.group === group && o.member !== member));
}

function compare(x: Word, y: Word, lexicon: Lexicon): Omit<Substitution, 'left' | 'right'> {
  const [s, t] = [x.token, y.token];
  const numbers = s.kind === 'number' || t.kind === 'number';
  if (numbers) return { kind: 'other', similarity: s.kind === t.kind ? SIMILARITY_MIN : 0 };
  const known = x.id !== undefined && y.id !== undefined;
  const letters = known ? 0 : dice(gramsOf(s.text), gramsOf(t.text));
  const similarity = known ? Math.max(0, lexicon.similarity(x.id, y.id)) : 0.8 * letters;
  if (areOpposites(s.text, t.text) || areOpposites(s.key, t.key)) return { kind: 'opposite', similarity };
  if (areSiblings(x, y)) return { kind: 'sibling', similarity };
  if (known) {
    if (lexicon.isFamily(x.id, y.id)) return { kind: 'form', similarity: Math.max(0.9, similarity) };
    const relation = lexicon.relation(x.id, y.id);
    if (relation.antonym) return { kind: 'opposite', similarity };
    if (relation.synonym) return { kind: 'synonym', similarity: Math.max(0.6, similarity) };
    if (isTypo(s.text, t.text)) return { kind: 'known-typo', similarity: Math.max(0.5, similarity) };
    if (relation.kind) return { kind: 'kind', similarity };
    return { kind: relation.sibling ? 'sibling' : 'other', similarity };
  }
  if (isTypo(s.text, t.text) || isShortTypo(x, y)) return { kind: 'typo', similarity: 0.9 };
  return { kind: 'other', similarity };
}

interface Rated extends Substitution {
  readonly i: number;
  readonly j: number;
}

function substitute(left: readonly Word[], right: readonly Word[], lexicon: Lexicon): Rated[] {
  const rated: Rated[] = [];
  left.slice(0, COMPARED_MAX).forEach((x, i) => {
    right.slice(0, COMPARED_MAX).forEach((y, j) => {
      const found = compare(x, y, lexicon);
      if (found.similarity >= SIMILARITY_MIN) rated.push({ ...found, left: x, right: y, i, j });
    });
  });
  rated.sort((x, y) => y.similarity - x.similarity || x.i - y.i || x.j - y.j);
  const [usedLeft, usedRight] = [new Set<number>(), new Set<number>()];
  return rated.filter(({ i, j }) => {
    if (usedLeft.has(i) || usedRight.has(j)) return false;
    usedLeft.add(i);
    usedRight.add(j);
    return true;
  });
}

/** Pairs equal words first, then the most similar ones of the rest, greedily. */
export function align(a: Reading, b: Reading, lexicon: Lexicon): Alignment {
  const { same, left, right } = pairByKey(a.content, b.content);
  const joined = join(left, right) + join(right, left);
  const substitutions = substitute(left, right, lexicon);
  const [usedLeft, usedRight] = [new Set(substitutions.map((s) => s.left)), new Set(substitutions.map((s) => s.right))];
  return {
    same,
    substitutions,
    left: left.filter((word) => !usedLeft.has(word)),
    right: right.filter((word) => !usedRight.has(word)),
    joined,
  };
}
