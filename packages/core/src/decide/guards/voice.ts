import { marksOf } from '../text/marks-in-order.ts';
import type { Token } from '../text/tokens.ts';

interface Passive {
  /** Key of the verb. */
  readonly verb: string;
  /** Its form. */
  readonly text: string;
  /** Key of the one who acts. */
  readonly agent: string;
}

/** Key of who acts: the first word of meaning behind `by`, or the question word when `by` is the last. */
function agentAfter(tokens: readonly Token[], by: number): string | undefined {
  if (/^(?:who|whom)$/.test(tokens[by + 1]?.text ?? '')) return 'who';
  const first = marksOf(tokens.slice(by + 1)).at(0);
  if (first !== undefined) return tokens[by + 1 + first.at]?.key;
  return by === tokens.length - 1 && tokens[0]?.text === 'who' ? 'who' : undefined;
}

const PARTICIPLE = /(?:ed|en|n|t|d|ung|ught|ut|un|unk|uck|um|ank|ade|aid)$/;

/** `was stolen by X`: a form of `be`, a verb soon after, then `by`. */
function passiveOf(tokens: readonly Token[]): Passive | undefined {
  // "By whom was it invented?"
  if (tokens[0]?.text === 'by' && /^whom?$/.test(tokens[1]?.text ?? '') && tokens[2]?.key === 'be') {
    const verb = tokens.findLast(({ content, text }) => content && PARTICIPLE.test(text));
    return verb && { verb: verb.key, text: verb.text, agent: 'who' };
  }
  for (let by = tokens.length - 1; by > 1; by--) {
    if (tokens[by]?.text !== 'by') continue;
    // "by yourself"
    if (/sel(?:f|ves)$/.test(tokens[by + 1]?.text ?? '')) continue;
    const agent = agentAfter(tokens, by);
    let be = -1;
    for (let i = Math.max(0, by - 8); i < by; i++) if (tokens[i]?.key === 'be') be = i;
    if (agent === undefined || be < 0) continue;
    const verb = tokens.slice(be + 1, by).find(({ content, text }) => content && PARTICIPLE.test(text));
    if (verb !== undefined) return { verb: verb.key, text: verb.text, agent };
  }
  return undefined;
}

function compare(active: readonly Token[], passive: readonly Token[]): 'same' | 'swapped' | undefined {
  const found = passiveOf(passive);
  if (found === undefined || passiveOf(active) !== undefined) return undefined;
  const acts = active.findIndex(({ key }) => key === found.agent);
  const does = active.findIndex(({ key }) => key === found.verb);
  if (acts < 0 || does < 0) return undefined;
  // "replaced by X" without "was": a passive too.
  if (acts > does && active.slice(does, acts).some(({ text }) => text === 'by')) return undefined;
  // "covered by X", "covered under X": both suffer.
  if (active[does]?.text === found.text && active.slice(0, does).some(({ key }) => key === 'be')) return undefined;
  // "who did Caesar kill": the question word stands first and suffers.
  const helped = found.agent === 'who' && active.slice(0, does).some(({ key }) => key === 'do');
  return acts < does && !helped ? 'same' : 'swapped';
}

/** One question active, the other passive: does the same one act? Undefined when that is not the case at hand. */
export function roleOf(a: readonly Token[], b: readonly Token[]): 'same' | 'swapped' | undefined {
  return compare(a, b) ?? compare(b, a);
}

const BE = /^(?:is|are|was|were|be|been|being)$/;
const DO = /^(?:do|does|did|can|could|should|would|will|must|may|might)$/;

/** Verbs that say of the same subject what it does and what is done to it. */
const BOTH_WAYS =
  /^(?:launch|open|clos|start|begin|end|chang|mov|form|break|grow|cook|boil|melt|freez|develop|improv|increas)$/;
/** Words between the form of `be` and the participle: the subject of a question. */
const SUBJECT_MAX = 4;

/** Where a verb in the passive stands, behind a form of `be` and a subject at most, nobody named by `by`; -1: nowhere. */
function participle(tokens: readonly Token[]): number {
  const be = tokens.findIndex(({ text }) => BE.test(text));
  if (be < 0 || tokens.some(({ text }) => /^(?:by|have|has|had|that|which|who)$/.test(text))) return -1;
  const at = tokens.findIndex(
    ({ text, key, content }, i) =>
      i > be && content && text !== key && /(?:ed|en|wn|ught|ung|old|ade|uilt)$/.test(text) && !BOTH_WAYS.test(key),
  );
  return at > be + 1 + SUBJECT_MAX ? -1 : at;
}

const MAKES = /^(?:get|make|let|persuade|convince|force|help)$/;
const MADE_WITHIN = 6;

/** Keys of what somebody else is to be brought to do: `get my wife to forgive me`. */
function broughtTo(tokens: readonly Token[]): Set<string> {
  const found = new Set<string>();
  tokens.forEach(({ text }, at) => {
    if (!MAKES.test(text)) return;
    const to = tokens.slice(at + 1, at + MADE_WITHIN).findIndex((token) => token.text === 'to');
    const verb = tokens[at + to + 2];
    const someone = tokens.slice(at + 1, at + 1 + Math.max(0, to)).some(({ content }) => content);
    if (to > 0 && someone && verb?.content === true) found.add(verb.key);
  });
  return found;
}

/** `How do I forgive her?`, `How do I get her to forgive me?`: who is to do it. */
export function bringsAnother(a: readonly Token[], b: readonly Token[]): boolean {
  const brought = broughtTo(b);
  if (brought.size === 0 || broughtTo(a).size > 0) return false;
  return a.some(({ key }, at) => {
    const [before, earlier] = [a[at - 1]?.text ?? '', a[at - 2]?.text ?? ''];
    // "train my dog to sit" has somebody else sit, too.
    return (
      brought.has(key) &&
      (/^(?:i|we)$/.test(before) || (before === 'to' && /^(?:how|want|like|need|ways?)$/.test(earlier)))
    );
  });
}

const ACTOR = /^(?:i|we)$/;
const WAS = /^(?:was|were|been|got)$/;
/** Nobody means to do them. */
const BY_ACCIDENT = /^(?:lost|broke|broken|damaged|infected|locked|injured|hurt|born|stuck)$/;

/** `My flight was cancelled`, `I cancelled my flight`: who did it decides what is to be done. */
export function didItOneself(active: readonly Token[], passive: readonly Token[]): boolean {
  return active.some((verb, i) => {
    if (
      !ACTOR.test(active[i - 1]?.text ?? '') &&
      !(ACTOR.test(active[i - 2]?.text ?? '') && active[i - 1]?.content === false)
    )
      return false;
    if (
      !verb.content ||
      verb.text === verb.key ||
      BOTH_WAYS.test(verb.key) ||
      BY_ACCIDENT.test(verb.text) ||
      !/(?:ed|en|wn|ught|ung|old|ade|uilt|st)$/.test(verb.text)
    )
      return false;
    if (WAS.test(active[i - 1]?.text ?? '')) return false;
    const at = passive.findIndex(({ key, text }) => key === verb.key && text !== key);
    const helped = at > 0 && passive.slice(Math.max(0, at - 2), at).some(({ text }) => WAS.test(text));
    // "I was charged": who asks suffers on both sides.
    return helped && !passive.slice(0, at).some(({ text }, j) => ACTOR.test(text) && j >= at - 3);
  });
}

/** `Why do dogs eat?`, `Why are dogs eaten?`: the same subject acts on one side and suffers on the other. */
export function suffersInstead(active: readonly Token[], passive: readonly Token[]): boolean {
  const at = participle(passive);
  const verb = passive[at];
  if (verb === undefined || active.some(({ text }) => BE.test(text))) return false;
  const does = active.findIndex(({ key, text }) => key === verb.key && text === key);
  if (does < 0 || !active.slice(0, does).some(({ text }) => DO.test(text))) return false;
  // "Should children be taught?", "Are dogs eaten?"
  const subject = BE.test(passive[at - 1]?.text ?? '') ? passive[at - 2] : passive[at - 1];
  return subject?.content === true && active[does - 1]?.key === subject.key;
}
