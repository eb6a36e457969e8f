import { describe, missingIn } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import type { Token } from '../text/tokens.ts';
import { isGroupedPhrase, membershipsOf } from '../words/siblings.ts';

const VIETNAMESE_PLACES = new Set('mỹ anh pháp đức nga nhật úc lào'.split(' '));
const BEFORE_PLACES = new Set('nước ở tại sang đi đến từ tiếng người'.split(' '));

/**
 * What looks like a name and is a part of another word: `pháp luật` is the law, `lao động` labour. Vietnamese writes its words
 * as syllables, so a country of one syllable counts with a capital, or behind `nước`, `ở`, `sang` and their like; and
 * the English stem of a name is no Vietnamese syllable.
 */
function isSyllable({ tokens, language }: QuestionFacts, at: number): boolean {
  const token = tokens[at];
  if (language !== 'vi' || token === undefined) return false;
  if (token.text === 'lao') return true;
  if (!VIETNAMESE_PLACES.has(token.text)) return false;
  return token.surface === token.text && !BEFORE_PLACES.has(tokens[at - 1]?.text ?? '');
}

/** Members of sibling groups among tokens, two-word names included: `group:member`. */
function members(facts: QuestionFacts, tokens: readonly Token[]): string[] {
  const found = new Set<string>();
  const wanted = new Set(tokens);
  facts.tokens.forEach((token, i) => {
    if (token.text === 'us' && token.surface !== 'US') return;
    const next = facts.tokens[i + 1];
    const pair = `${token.text}_${next?.text ?? ''}`;
    if (isGroupedPhrase(pair) && (wanted.has(token) || (next !== undefined && wanted.has(next))))
      for (const { group, member } of membershipsOf(pair)) found.add(`${group}:${member}`);
    if (!wanted.has(token) || isSyllable(facts, i)) return;
    for (const name of facts.language === 'vi' ? [token.text] : new Set([token.text, token.key]))
      for (const { group, member } of membershipsOf(name)) found.add(`${group}:${member}`);
  });
  return [...found];
}

/** Places narrow a question down wherever they stand; a country may be meant without being named by nothing else. */
const PLACES = ['country:', 'city:', 'state:'];

function place(found: readonly string[], other: QuestionFacts): string | undefined {
  const known = members(other, other.tokens);
  return found.find((member) => PLACES.some((group) => member.startsWith(group)) && !known.includes(member));
}

/** Two members of one group, each named on one side only. */
function rivals(left: readonly string[], right: readonly string[]): string | undefined {
  for (const x of left) {
    const group = x.slice(0, x.indexOf(':') + 1);
    const y = right.find((other) => other.startsWith(group));
    if (y !== undefined && !right.includes(x) && !left.includes(y)) return describe([x], [y]);
  }
  return undefined;
}

/** Both sides name a member of one closed group, and not the same. What only one side names is no rival. */
export const rivalEntities = (a: QuestionFacts, b: QuestionFacts): string | undefined =>
  rivals(members(a, missingIn(a, b)), members(b, missingIn(b, a)));

/** Members of one closed group (colours, countries, companies, kin...), one on each side: `in Paris` and `in Rome`. */
export const entityGuard: Guard = {
  name: 'entity',
  level: 'standard',
  differs(a, b) {
    const left = members(a, missingIn(a, b));
    const right = members(b, missingIn(b, a));
    const found = rivals(left, right);
    if (found !== undefined) return found;
    const [here, there] = [place(left, b), place(right, a)];
    return here === undefined && there === undefined ? undefined : describe([here ?? '-'], [there ?? '-']);
  },
};
