/** Part of a text: words that the other text has in this order, too, or not. */
export interface DiffPart {
  readonly text: string;
  readonly same: boolean;
}

/** More words than this are compared only where they begin and end alike: the table below grows with their product. */
const WORDS_MAX = 400;

/** Words with what follows them; a full stop or a comma is a word of its own. */
const wordsOf = (text: string): string[] =>
  text.match(/[\p{L}\p{M}\p{N}_]+(?:[.,'’-][\p{L}\p{M}\p{N}_]+)*\s*|[^\p{L}\p{M}\p{N}_\s]\s*|\s+/gu) ?? [];

const keyOf = (word: string): string => word.trim().toLowerCase();

/** Both texts, whole, cut where they begin or cease to differ. Longest common subsequence of words, case aside. */
export function wordDiff(a: string, b: string): { a: DiffPart[]; b: DiffPart[] } {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  const [keysA, keysB] = [left.map(keyOf), right.map(keyOf)];
  let head = 0;
  while (head < keysA.length && head < keysB.length && keysA[head] === keysB[head]) head += 1;
  let tail = 0;
  while (tail < keysA.length - head && tail < keysB.length - head && keysA.at(-1 - tail) === keysB.at(-1 - tail))
    tail += 1;
  const middleA = keysA.slice(head, keysA.length - tail);
  const middleB = keysB.slice(head, keysB.length - tail);
  const common = middleA.length > WORDS_MAX || middleB.length > WORDS_MAX ? [] : commonPairs(middleA, middleB);
  const sameA = new Set(common.map(([at]) => at + head));
  const sameB = new Set(common.map(([, at]) => at + head));
  const inside = (at: number, length: number): boolean => at >= head && at < length - tail;
  return {
    a: merged(left, (at) => !inside(at, left.length) || sameA.has(at)),
    b: merged(right, (at) => !inside(at, right.length) || sameB.has(at)),
  };
}

function commonPairs(a: readonly string[], b: readonly string[]): [number, number][] {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number): number => lengths[i * width + j] as number;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

function merged(words: readonly string[], isSame: (at: number) => boolean): DiffPart[] {
  const parts: { text: string; same: boolean }[] = [];
  const add = (text: string, same: boolean): void => {
    const last = parts.at(-1);
    if (last?.same === same) last.text += text;
    else if (text !== '') parts.push({ text, same });
  };
  for (const [at, word] of words.entries()) {
    const same = isSame(at);
    const bare = word.trimEnd();
    // White space is marked between two marked words, and not after the last one.
    const inner = !same && at + 1 < words.length && !isSame(at + 1);
    add(bare, same);
    add(word.slice(bare.length), same || !inner);
  }
  return parts;
}
