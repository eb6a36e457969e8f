import { describe, missingIn } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { isOneEditApart } from '../text/edit-distance.ts';
import type { Token } from '../text/tokens.ts';
import { isGroupedPhrase, membershipsOf, membershipsOfStem } from '../words/siblings.ts';
import { otherRank } from './rank.ts';
import { tells } from './telling.ts';

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
  if (token.text === 'lao' || (token.text === 'nam' && tokens[at - 1]?.text === 'việt')) return true;
  if (!VIETNAMESE_PLACES.has(token.text)) return false;
  return token.surface === token.text && !BEFORE_PLACES.has(tokens[at - 1]?.text ?? '');
}

/** Which of the groups that hold this name may be meant in a text of this language. */
function meant(found: ReturnType<typeof membershipsOf>, name: string, { language }: QuestionFacts): string[] {
  // `nam` is the south and `cam` orange in Vietnamese only.
  const ascii = /^[a-z_]+$/.test(name);
  return found
    .filter(({ vietnamese }) => language === 'vi' || !vietnamese || !ascii)
    .filter(({ group }) => language !== 'vi' || name.length > 4 || !/^(?:weekday|month)$/.test(group))
    .map(({ group, member }) => `${group}:${member}`);
}

/** Groups and members that one token belongs to, alone or with the one behind it: `group:member`. */
function membersAt(facts: QuestionFacts, at: number): { alone: string[]; paired: string[] } {
  const token = facts.tokens[at];
  if (token === undefined || (token.text === 'us' && token.surface !== 'US')) return { alone: [], paired: [] };
  const pair = `${token.text}_${facts.tokens[at + 1]?.text ?? ''}`;
  const paired = isGroupedPhrase(pair) ? meant(membershipsOf(pair), pair, facts) : [];
  if (isSyllable(facts, at)) return { alone: [], paired };
  const inflected = facts.language !== 'vi' && token.key !== token.text;
  const found = [...membershipsOf(token.text), ...(inflected ? membershipsOfStem(token.key) : [])];
  return { alone: meant(found, token.text, facts), paired };
}

/** Members of sibling groups among tokens, two-word names included: `group:member`. */
export function members(facts: QuestionFacts, tokens: readonly Token[] = facts.tokens): string[] {
  const found = new Set<string>();
  const wanted = new Set(tokens);
  facts.tokens.forEach((token, i) => {
    const next = facts.tokens[i + 1];
    const { alone, paired } = membersAt(facts, i);
    if (wanted.has(token) || (next !== undefined && wanted.has(next))) for (const name of paired) found.add(name);
    if (wanted.has(token)) for (const name of alone) found.add(name);
  });
  return [...found];
}

/** The members that the word at `at` names, alone or with a neighbour. */
export function membersNamed(facts: QuestionFacts, at: number): string[] {
  const { alone, paired } = membersAt(facts, at);
  return [...alone, ...paired, ...(at > 0 ? membersAt(facts, at - 1).paired : [])];
}

const TYPO_LENGTH_MIN = 5;

/** The tokens that the other question has too but for one letter: a misspelt name is the name. */
function misspelt(tokens: readonly Token[], facts: QuestionFacts, other: QuestionFacts): Set<Token> {
  const isTypo = (name: string, written: string) =>
    name !== written &&
    (name[0] === written[0] || (name[0] === written[1] && name[1] === written[0])) &&
    Math.min(name.length, written.length) >= TYPO_LENGTH_MIN &&
    membershipsOf(written).length === 0 &&
    isOneEditApart(name, written);
  const joined = ({ tokens: all }: QuestionFacts, at: number) => `${all[at]?.text ?? ''}${all[at + 1]?.text ?? ''}`;
  const pairs = other.tokens.map((_, at) => joined(other, at));
  return new Set(
    tokens.filter((token) => {
      const at = facts.tokens.indexOf(token);
      const isPair = (from: number) =>
        isGroupedPhrase(`${facts.tokens[from]?.text}_${facts.tokens[from + 1]?.text}`) &&
        pairs.some((pair) => isTypo(joined(facts, from), pair));
      return other.tokens.some(({ text }) => isTypo(token.text, text)) || isPair(at) || isPair(at - 1);
    }),
  );
}

/** Places narrow a question down wherever they stand; a country may be meant without being named by nothing else. */
const PLACES = ['country:', 'city:', 'state:'];

function place(found: readonly string[], other: QuestionFacts): string | undefined {
  const known = members(other);
  return found.find((member) => PLACES.some((group) => member.startsWith(group)) && !known.includes(member));
}

/** A place that only `facts` names, among these tokens, and that the other side has not misspelt. */
function placeUnsaid(facts: QuestionFacts, tokens: readonly Token[], other: QuestionFacts): string | undefined {
  if (place(members(facts, tokens), other) === undefined) return undefined;
  const typos = misspelt(tokens, facts, other);
  const spelt = tokens.filter((token) => !typos.has(token));
  return place(members(facts, spelt), other);
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
    const [missingHere, missingThere] = [missingIn(a, b), missingIn(b, a)];
    const found = rivals(members(a, missingHere), members(b, missingThere)) ?? otherRank(a, b);
    if (found !== undefined) return found;
    const [here, there] = [placeUnsaid(a, missingHere, b), placeUnsaid(b, missingThere, a)];
    const oneSided = here === undefined || there === undefined;
    return (oneSided && tells(a) && tells(b)) || (here === undefined && there === undefined)
      ? undefined
      : describe([here ?? '-'], [there ?? '-']);
  },
};
