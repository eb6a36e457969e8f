import type { QuestionFacts } from '../decide/facts.ts';
import { readFacts } from '../decide/facts.ts';
import { rivalEntities } from '../decide/guards/entity.ts';
import { GUARDS } from '../decide/guards/index.ts';
import { unmatchedNumbers } from '../decide/guards/number.ts';
import type { AuditJudgement } from '../ports/audit-queue.ts';
import { compareJson } from './compare-json.ts';

/** From this cosine on two answers with no fact between them say the same; measured, docs/calibration.md. */
export const AGREE_MIN = 0.95;
/** Below it they are about different things. */
export const DISAGREE_BELOW = 0.3;
/** Up to so many words a number or a name is the answer; in a longer one it may be an example. */
const SHORT_TOKENS = 30;

/** What may make two answers differ: then their nearness says nothing. */
const DOUBTS = GUARDS.filter(({ name }) =>
  [
    ...['script', 'language', 'version', 'date', 'money', 'unit', 'number', 'code'],
    ...['negation', 'antonym', 'entity', 'name', 'quoted', 'order'],
  ].includes(name),
);

const unsure = (why: string): AuditJudgement => ({ verdict: 'unsure', why });
const disagree = (why: string): AuditJudgement => ({ verdict: 'disagree', why });
const agree = (why: string): AuditJudgement => ({ verdict: 'agree', why });

/**
 * Do two answers say the same? Pure and symmetric. A sampling model words every answer anew and picks other examples, so
 * most pairs of long answers end as `unsure`: only what can't be wording decides. `cosine`: of the embeddings of both;
 * absent: they could not be read whole.
 */
export function judgeAnswers(a: string, b: string, cosine: number | undefined): AuditJudgement {
  if (plain(a) === plain(b)) return agree('same-text');
  const json = compareJson(a, b);
  if (json !== undefined) return ofJson(json.differs);
  if (hasCode(a) || hasCode(b)) return unsure('code');
  if (declines(a) !== declines(b)) return unsure('refusal');
  const [left, right] = [readFacts(a), readFacts(b)];
  const contradiction = contradicts(left, right);
  if (contradiction !== undefined) return disagree(contradiction);
  if (cosine === undefined || !Number.isFinite(cosine)) return unsure('too-long');
  if (cosine < DISAGREE_BELOW) return disagree('cosine');
  if (left.tooLong || right.tooLong) return unsure('too-long');
  const doubt = DOUBTS.find((guard) => guard.differs(left, right) !== undefined);
  if (doubt !== undefined) return unsure(`guard:${doubt.name}`);
  return cosine >= AGREE_MIN ? agree('cosine') : unsure('cosine');
}

function ofJson(differs: 'no' | 'figures' | 'perhaps'): AuditJudgement {
  if (differs === 'no') return agree('same-json');
  return differs === 'figures' ? disagree('json') : unsure('json');
}

/** Without what only formats. */
const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[*_#`>"“”]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/[.!。]+$/, '');

const hasCode = (text: string): boolean => text.includes('```');

const DECLINES = /^\W*(?:(?:i['’]?m |i am )?(?:very |so )?sorry|i (?:can['’]?t|cannot|am unable)|xin lỗi|rất tiếc)/i;
const declines = (text: string): boolean => DECLINES.test(text);

const YES = /^\W*(?:yes|yeah|correct|true|có|đúng|vâng)(?!\p{L})/iu;
const NO = /^\W*(?:no|nope|incorrect|false|không|sai)(?!\p{L})(?!\s+(?:problem|worries|matter|doubt))/iu;

function leadOf(text: string): 'yes' | 'no' | undefined {
  if (YES.test(text)) return 'yes';
  return NO.test(text) ? 'no' : undefined;
}

/** What no wording explains, or undefined. */
function contradicts(a: QuestionFacts, b: QuestionFacts): string | undefined {
  const [left, right] = [leadOf(a.text), leadOf(b.text)];
  if (left !== undefined && right !== undefined && left !== right) return 'yes-no';
  if (a.tooLong || b.tooLong || Math.max(a.tokens.length, b.tokens.length) > SHORT_TOKENS) return undefined;
  const [here, there] = unmatchedNumbers(a, b).map((side) => side.filter(({ soft }) => !soft));
  if (here !== undefined && there !== undefined && here.length > 0 && there.length > 0) return 'number';
  return rivalEntities(a, b) === undefined ? undefined : 'entity';
}
