import { describe, missingIn } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import type { Token } from '../text/tokens.ts';
import { areOpposites } from '../words/antonyms.ts';
import { isNegator, mayCease, mayDeny, type Negation, negationsOf } from './negations.ts';

/** From this many tokens on both sides, a denial counts only when the other side affirms the very word. */
const LONG = 28;
/** Vietnamese says `không` in many phrases that deny nothing (`không ít`: many), and long sentences are reworded around them. */
const LONG_VIETNAMESE = 14;

const opposed = (x: Token, y: Token) => areOpposites(x.text, y.text) || areOpposites(x.key, y.key);
const isForm = (x: Token, y: Token) => {
  const [short, long] = x.text.length <= y.text.length ? [x.text, y.text] : [y.text, x.text];
  return /^.?(?:e?r|e?st)$/.test(long.slice(short.length)) && long.startsWith(short);
};

/** `find out` has no opposite in `in`. */
const FIND_OUT = /^(?:find|figur|check|work|point|carry|try|turn)$/;
const PARTICLE = /^(?:in|out|on|off|up|down)$/;
/** `in front of` is outside as well. */
const IN_FRONT = /^(?:front|case|order|advance|total|general|addition|terms|spite)$/;
/** Vietnamese verbs of saying and of seeing whose first syllable is giving, or receiving, by itself. */
const COMPOUNDS: ReadonlyMap<string, RegExp> = new Map([
  ['cho', /^(?:rằng|biết|hay|thấy|phép|nên)$/],
  ['nhận', /^(?:định|thấy|xét|biết|ra|thức|được)$/],
]);

function isPartOfOther(tokens: readonly Token[], token: Token): boolean {
  const at = tokens.indexOf(token);
  if (token.text === 'in' && IN_FRONT.test(tokens[at + 1]?.text ?? '')) return true;
  if (token.text === 'out') return FIND_OUT.test(tokens[at - 1]?.key ?? '');
  return COMPOUNDS.get(token.text)?.test(tokens[at + 1]?.text ?? '') === true;
}

/** The words of one side that may find their opposite on the other. */
function candidates(a: QuestionFacts, b: QuestionFacts): Token[] {
  return missingIn(a, b).filter(
    (token) => token.kind === 'word' && !isNegator(token.text) && !isPartOfOther(a.tokens, token),
  );
}

const areVietnamese = (a: QuestionFacts, b: QuestionFacts) => a.language === 'vi' && b.language === 'vi';

/** From this many tokens on, two opposite syllables count only in the same place: long Vietnamese texts hold some by chance. */
function mayOppose(a: QuestionFacts, x: Token, b: QuestionFacts, y: Token): boolean {
  if (!areVietnamese(a, b) || Math.min(a.tokens.length, b.tokens.length) < LONG_VIETNAMESE) return true;
  const key = ({ tokens }: QuestionFacts, at: number) => tokens[at]?.key;
  const [i, j] = [a.tokens.indexOf(x), b.tokens.indexOf(y)];
  return [-1, 1].some((step) => key(a, i + step) !== undefined && key(a, i + step) === key(b, j + step));
}

/** `check in`, `check out`: particles of one verb are opposed, whatever they mean elsewhere. */
function particlesBetween(a: QuestionFacts, b: QuestionFacts): [string, string][] {
  const particles = ({ tokens }: QuestionFacts) =>
    tokens.flatMap((token, i) => {
      const verb = tokens[i - 1];
      return verb?.content === true && PARTICLE.test(token.text) ? [{ verb: verb.key, token }] : [];
    });
  const others = particles(b);
  return particles(a).flatMap(({ verb, token }) => {
    const other = others.find((one) => one.verb === verb && areOpposites(one.token.text, token.text));
    const both = other !== undefined && [a, b].every(({ keys }) => !(keys.has(token.key) && keys.has(other.token.key)));
    return both ? [[token.text, other.token.text] as [string, string]] : [];
  });
}

/** Pairs of opposite words, one on each side. */
function oppositesBetween(a: QuestionFacts, b: QuestionFacts): [string, string][] {
  const [left, right] = [candidates(a, b), candidates(b, a)];
  // `bigger` answers to `big` first, whatever opposite stands beside it.
  const open = right.filter((y) => !left.some((x) => isForm(x, y)));
  const pairs: [string, string][] = [];
  for (const x of left) {
    if (right.some((y) => isForm(x, y))) continue;
    const at = open.findIndex((y) => opposed(x, y) && mayOppose(a, x, b, y));
    if (at >= 0) pairs.push([x.text, open.splice(at, 1)[0]?.text ?? '']);
  }
  return pairs;
}

function affirms(facts: QuestionFacts, denied: Negation, own: readonly Negation[]): boolean {
  return denied.head === undefined || (facts.keys.has(denied.head) && !own.some(({ head }) => head === denied.head));
}

/** As many denials on both sides, but each of a word that the other affirms: `not asked how to vote`, `asked how not to`. */
function movedDenial(
  a: QuestionFacts,
  b: QuestionFacts,
  left: readonly Negation[],
  right: readonly Negation[],
): string | undefined {
  const moved = (n: Negation, facts: QuestionFacts, own: readonly Negation[]) =>
    n.head !== undefined && !n.inverted && affirms(facts, n, own);
  const [here, there] = [left.find((n) => moved(n, b, right)), right.find((n) => moved(n, a, left))];
  return here === undefined || there === undefined ? undefined : describe([here.label], [there.label]);
}

/** `stop smoking` beside `start smoking` is an opposite, and no denial besides. */
const denials = (all: readonly Negation[]): number => all.filter(({ ceases }) => ceases !== true).length;

/** What is denied, and words that say so without a denial. */
const SAID_OTHERWISE: readonly (readonly [denied: RegExp, said: RegExp])[] = [
  [/^(?:cost|charg|fee|pai|pay|payment)$/, /^free$/],
  [/^(?:internet|connect|wifi|network)$/, /^offline$/],
  [/^work$/, /^(?:broken|down|dead|faulty|defective)$/],
  [/^(?:remember|recall)$/, /^(?:forgot|forgotten|forget)$/],
];

/** `at no cost` beside `for free`, `is not working` beside `is broken`. */
const isSaidOtherwise = ({ head = '' }: Negation, facts: QuestionFacts): boolean =>
  !facts.keys.has(head) &&
  SAID_OTHERWISE.some(([denied, said]) => denied.test(head) && facts.tokens.some(({ text }) => said.test(text)));

const ENDING = /^(?:cancel|close|clos|delet|remov|end|stop|archiv|quit|unsubscrib|terminat|leav|rid)$/;
const WANTED = /^(?:need|want|us|use|longer)$/;
const ANY_MORE = /\b(?:no longer|any ?more|any longer)\b/;

/** `I no longer need it, how do I cancel?`: who cancels need not say that. */
const isWhyItEnds = ({ head = '' }: Negation, own: QuestionFacts, other: QuestionFacts): boolean =>
  WANTED.test(head) &&
  ANY_MORE.test(own.wording) &&
  [own, other].every(({ tokens }) => tokens.some(({ key }) => ENDING.test(key)));

/** Litotes (`không ít`, `not only`) deny nothing unless the other side says the very word without them. */
function counted(
  own: readonly Negation[],
  self: QuestionFacts,
  facts: QuestionFacts,
  others: readonly Negation[],
): readonly Negation[] {
  const meant = own.filter((n) => !isSaidOtherwise(n, facts) && !isWhyItEnds(n, self, facts));
  return meant.filter((n) => !n.litotes || (affirms(facts, n, others) && !(n.ceases === true && mayCease(facts))));
}

/** `how do I stop it` beside `how do I prevent it`: words of the side with fewer denials that may stand for one. */
function fills(few: QuestionFacts, many: QuestionFacts, short: number): boolean {
  return missingIn(few, many).filter(mayDeny).length >= short;
}

/** One question denies what the other does not. A denial with an opposite word (`not negative`, `positive`) is none. */
export const negationGuard: Guard = {
  name: 'negation',
  level: 'standard',
  differs(a, b) {
    const [allLeft, allRight] = [negationsOf(a), negationsOf(b)];
    const [left, right] = [counted(allLeft, a, b, allRight), counted(allRight, b, a, allLeft)];
    if (left.length === right.length) return movedDenial(a, b, left, right);
    if (Math.abs(denials(left) - denials(right)) === 1 && oppositesBetween(a, b).length === 1) return undefined;
    const short = left.length - right.length;
    if (short > 0 ? fills(b, a, short) : fills(a, b, -short)) return undefined;
    const long = Math.min(a.tokens.length, b.tokens.length) >= (areVietnamese(a, b) ? LONG_VIETNAMESE : LONG);
    const clash = left.some((n) => affirms(b, n, right)) || right.some((n) => affirms(a, n, left));
    if (long && !clash) return undefined;
    return describe(
      left.map(({ label }) => label),
      right.map(({ label }) => label),
    );
  },
};

const AND = /^(?:and|&|và)$/;

function isCoordinated({ tokens }: QuestionFacts, { key }: Token): boolean {
  const at = tokens.findIndex((token) => token.key === key);
  return AND.test(tokens[at - 1]?.text ?? '') || AND.test(tokens[at + 1]?.text ?? '');
}

/** `pros and cons` beside `pros`: one side asks about both poles, the other about one. */
function half(both: QuestionFacts, one: QuestionFacts): string | undefined {
  for (const [i, and] of both.tokens.entries()) {
    const [x, y] = [both.tokens[i - 1], both.tokens[i + 1]];
    if (!AND.test(and.text) || x === undefined || y === undefined || !opposed(x, y)) continue;
    const [hasX, hasY] = [one.keys.has(x.key), one.keys.has(y.key)];
    // Beside an `and` of its own, the other pole may be there and misspelt.
    if (hasX !== hasY && !isCoordinated(one, hasX ? x : y))
      return describe([`${x.text} ${and.text} ${y.text}`], [hasX ? x.text : y.text]);
  }
  return undefined;
}

/** `not positive`, `negative`: the denial that one side has more is of the word, and not of another. */
function denies(a: QuestionFacts, b: QuestionFacts, [[x, y] = ['', '']]: readonly [string, string][]): boolean {
  const [left, right] = [negationsOf(a), negationsOf(b)];
  if (Math.abs(denials(left) - denials(right)) !== 1) return false;
  const [[more, facts], word] = denials(left) > denials(right) ? [[left, a] as const, x] : [[right, b] as const, y];
  const at = facts.tokens.findIndex(({ text }) => text === word);
  return (
    more.some(({ head, inverted }) => inverted || head === undefined || head === facts.tokens[at]?.key) ||
    isDeniedBefore(facts, at)
  );
}

/** How many words of meaning may stand between a denial and the word it turns round: `not a very good idea`. */
const DENIED_WITHIN = 4;

const isDeniedBefore = ({ tokens }: QuestionFacts, at: number): boolean =>
  tokens.slice(Math.max(0, at - DENIED_WITHIN), Math.max(0, at)).some(({ text }) => isNegator(text));

const SWITCHES = /^(?:turn|switch|put)$/;
const SWITCHED: Readonly<Record<string, 'on' | 'off'>> = {
  enable: 'on',
  activate: 'on',
  disable: 'off',
  deactivate: 'off',
};
const SWITCHED_WITHIN = 5;

/** `turn it off`, `disable it`: to which state something is brought, where only one is spoken of. */
function switchedTo({ tokens }: QuestionFacts): 'on' | 'off' | undefined {
  const found = new Set<'on' | 'off'>();
  tokens.forEach(({ text, key }, at) => {
    const said = SWITCHED[text] ?? SWITCHED[text.replace(/ing$/, 'e')] ?? SWITCHED[text.replace(/s$/, '')];
    const particle = SWITCHES.test(key)
      ? tokens.slice(at + 1, at + 1 + SWITCHED_WITHIN).find((token) => /^(?:on|off)$/.test(token.text))
      : undefined;
    if (said !== undefined) found.add(said);
    else if (particle !== undefined) found.add(particle.text as 'on' | 'off');
  });
  const [state, other] = found;
  return other === undefined ? state : undefined;
}

function switchedOtherwise(a: QuestionFacts, b: QuestionFacts): [string, string][] {
  const [x, y] = [switchedTo(a), switchedTo(b)];
  return x !== undefined && y !== undefined && x !== y ? [[x, y]] : [];
}

/** Opposite words: best and worst, buy and sell, legal and illegal, before and after. */
export const antonymGuard: Guard = {
  name: 'antonym',
  level: 'standard',
  differs(a, b) {
    const pairs = oppositesBetween(a, b);
    if (pairs.length === 0) pairs.push(...particlesBetween(a, b), ...switchedOtherwise(a, b));
    if (pairs.length === 0) return half(a, b) ?? half(b, a);
    if (pairs.length === 1 && denies(a, b, pairs)) return undefined;
    return describe(
      pairs.map(([x]) => x),
      pairs.map(([, y]) => y),
    );
  },
};
