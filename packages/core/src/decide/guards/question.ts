import { describe, missingIn } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { causeOrEffect } from './cause.ts';

/** Kinds of answer that ask for one thing in other words: `how long`, `how much time`, `when`. */
const KIN: readonly ReadonlySet<string>[] = [
  new Set(['duration', 'time']),
  new Set(['duration', 'number']),
  new Set(['duration', 'amount']),
  new Set(['distance', 'amount']),
  new Set(['age', 'number']),
  new Set(['age', 'time']),
  new Set(['distance', 'number']),
  new Set(['frequency', 'number']),
  new Set(['distance', 'duration']),
  ...['place', 'reason', 'amount', 'number', 'duration', 'age', 'distance', 'frequency', 'manner', 'which'].map(
    (answer) => new Set(['thing', answer]),
  ),
  ...['person', 'place', 'reason', 'amount', 'number', 'duration', 'age', 'distance', 'frequency', 'manner'].map(
    (answer) => new Set(['which', answer]),
  ),
];

const akin = (x: string, y: string) => x === y || KIN.some((kin) => kin.has(x) && kin.has(y));

const ASKS = new Set('what who whom whose when where why how'.split(' '));

/** Two texts that are the same but for one question word; `how` and `what` often mean the same. */
function asksOtherwise(a: QuestionFacts, b: QuestionFacts): string | undefined {
  if (a.tokens.length !== b.tokens.length) return undefined;
  const [left, right] = [missingIn(a, b), missingIn(b, a)];
  const [x, y] = [left[0]?.text ?? '', right[0]?.text ?? ''];
  if (left.length !== 1 || right.length !== 1 || !ASKS.has(x) || !ASKS.has(y)) return undefined;
  return new Set([x, y, 'how', 'what']).size === 2 ? undefined : describe([x], [y]);
}

const POLAR = new Set('is are was were do does did has have had will would should can could'.split(' '));
const OPEN = new Set('how why when where who'.split(' '));
/** Who asks `Can I` often means `How can I`. */
const ASKERS = new Set('i we you one'.split(' '));

function isPolar({ tokens: [first, second] }: QuestionFacts): boolean {
  const asks = first?.text ?? '';
  return POLAR.has(asks) && !(/^c(?:an|ould)$/.test(asks) && ASKERS.has(second?.text ?? ''));
}

/** One question asks whether something is so, the other how or why it is, in the same words of meaning. */
function asksWhether(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const [x, y] = [a.tokens[0]?.text ?? '', b.tokens[0]?.text ?? ''];
  if (!(isPolar(a) && OPEN.has(y)) && !(isPolar(b) && OPEN.has(x))) return undefined;
  const meant = [...missingIn(a, b), ...missingIn(b, a)].some(({ content }) => content);
  return meant ? undefined : describe([x], [y]);
}

const MAY = /^(?:can|could|may|might)$/;
const HAVE_TO = /^(?:have|need|got|required|obliged|forced)$/;

/** `Can I ...?` asks for leave, `Must I ...?` and `Do I have to ...?` whether one is bound. */
function modalityOf({ tokens }: QuestionFacts): 'leave' | 'duty' | undefined {
  const [first, second, third, fourth] = tokens.map(({ text }) => text);
  if (MAY.test(first ?? '')) return 'leave';
  if (first === 'must') return 'duty';
  if (!/^(?:do|does|did|am|are|is)$/.test(first ?? '')) return undefined;
  const bound = [second, third].findIndex((word) => HAVE_TO.test(word ?? ''));
  return bound >= 0 && [third, fourth][bound] === 'to' ? 'duty' : undefined;
}

function bindsOtherwise(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const [x, y] = [modalityOf(a), modalityOf(b)];
  return x !== undefined && y !== undefined && x !== y ? describe([x], [y]) : undefined;
}

const WHERE_OR_HOW = new Set(['place', 'manner']);
/** What one can get at a place, and in a way: who asks where asks how. */
const GETTING =
  /^(?:buy|get|find|hire|purchas|order|obtain|download|watch|rent|see|check|view|look|chang|updat|edit|cancel|report|complain|request|lock|block|unlock|activat|reset|submit|upload|invit|set|switch|renew|claim|reserv|book|register|appli|apply|add|remov|delet|export|import|send|turn|enabl|disabl|manag)$/;
const SUBJECTS = new Set('i we you one'.split(' '));

/** `Where can I buy X?`, `How can I buy X?` */
function asksHowToGet({ tokens, answers }: QuestionFacts): boolean {
  const [answer] = answers;
  if (answers.size !== 1 || !WHERE_OR_HOW.has(answer ?? '')) return false;
  const at = tokens.findIndex(
    ({ text }, i) => /^(?:where|how)$/.test(text) && (i === 0 || SUBJECTS.has(tokens[i + 2]?.text ?? '')),
  );
  const [verb, to] = SUBJECTS.has(tokens[at + 2]?.text ?? '')
    ? [tokens[at + 3], tokens[at + 4]]
    : [tokens[at + 2], tokens[at + 3]];
  return (
    at >= 0 && GETTING.test(verb?.key ?? '') && !/^(?:to|rid|into|out|over|off|along|away|back)$/.test(to?.text ?? '')
  );
}

const WHY_OR_HOW = /^(?:why|how)$/;
const IS = /^(?:is|are|was|were)$/;
const COMPARES = /^(?:better|worse|different|superior|inferior)$/;

/** `How is X better than Y?`, `Why is X better than Y?` */
function asksWhatIsBetter({ tokens }: QuestionFacts): boolean {
  const at = tokens.findIndex(({ text }) => COMPARES.test(text));
  return (
    WHY_OR_HOW.test(tokens[0]?.text ?? '') &&
    IS.test(tokens[1]?.text ?? '') &&
    at > 1 &&
    /^(?:than|from|to)$/.test(tokens[at + 1]?.text ?? '')
  );
}

const NAMING = new Set(['tên', 'họ', 'người', 'nghề']);

const asksForName = ({ answers, tokens }: QuestionFacts): boolean =>
  answers.has('thing') && tokens.some(({ text }) => NAMING.has(text));

/** Two frames that ask for the same thing here. */
const asksAlike = (a: QuestionFacts, b: QuestionFacts): boolean =>
  (asksHowToGet(a) && asksHowToGet(b)) || (asksWhatIsBetter(a) && asksWhatIsBetter(b));

/** Who, when, where, why, how, how many: both questions ask for a kind of answer, and for different ones. */
export const questionGuard: Guard = {
  name: 'question',
  level: 'standard',
  differs(a, b) {
    if (asksAlike(a, b)) return undefined;
    const otherwise = asksOtherwise(a, b) ?? asksWhether(a, b) ?? bindsOtherwise(a, b);
    if (otherwise !== undefined) return otherwise;
    const apart = causeOrEffect(a, b);
    if (apart !== undefined) return describe([apart[0]], [apart[1]]);
    if (a.answers.size === 0 || b.answers.size === 0) return undefined;
    // "Tên của người đó là gì?", "Người đó là ai?"
    if ((asksForName(a) && b.answers.has('person')) || (asksForName(b) && a.answers.has('person'))) return undefined;
    for (const x of a.answers) for (const y of b.answers) if (akin(x, y)) return undefined;
    return describe(a.answers, b.answers);
  },
};
