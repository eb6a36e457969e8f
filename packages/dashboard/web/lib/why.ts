import { decimal, percent } from './format.ts';
import { lookUp, t } from './i18n.ts';

/** What of a decision says why it came out as it did. */
export interface Decided {
  readonly outcome: string;
  readonly layer?: string | undefined;
  readonly stage?: string | undefined;
  readonly reason?: string | undefined;
  readonly similarity?: number | undefined;
  readonly score?: number | undefined;
  readonly threshold: number;
  readonly exactOnly?: string | undefined;
  /** Probability that the verifier had to give. Null: none would have done. */
  readonly bar?: number | null | undefined;
}

/** A sentence on why an answer was served, or was not. */
export function whyOf(decided: Decided): string {
  const { outcome, layer, stage } = decided;
  if (outcome === 'hit' || outcome === 'stale') {
    if (stage === 'identity') return t('why.identity');
    if (layer !== 'semantic') return t('why.exact');
    return decided.score === undefined ? t('why.semantic', figuresOf(decided)) : t('why.verified', figuresOf(decided));
  }
  if (outcome === 'error') return t('why.error', { reason: decided.reason ?? '' });
  return refusalOf(decided);
}

function figuresOf({ similarity, score, threshold, bar }: Decided): Record<string, string> {
  return {
    ...{ similarity: decimal(similarity, 3), threshold: decimal(threshold, 2) },
    ...{ score: percent(score), bar: percent(bar, 0) },
  };
}

function refusalOf(decided: Decided): string {
  const { reason = '', exactOnly } = decided;
  const [kind = '', detail = ''] = reason.split(/:(.*)/s, 2);
  const own = lookUp(`why.reason.${reason}`) ?? lookUp(`why.reason.${kind}`);
  const said = own === undefined ? reason : own.replace('{detail}', guardName(kind, detail));
  const filled = Object.entries(figuresOf(decided)).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, value),
    said,
  );
  return exactOnly === undefined
    ? filled
    : `${filled} ${t('why.exactOnly', { why: lookUp(`why.exactOnly.${exactOnly}`) ?? exactOnly })}`;
}

const guardName = (kind: string, detail: string): string =>
  kind === 'guard' ? (lookUp(`guard.${detail}`) ?? detail) : detail;

/** A candidate's verdict in words: `serve`, `guard:number` ... */
export function verdictText(verdict: string): string {
  const [kind, guard = ''] = verdict.split(':', 2);
  if (kind === 'guard') return t('verdictOf.guard', { guard: lookUp(`guard.${guard}`) ?? guard });
  return lookUp(`verdictOf.${verdict}`) ?? verdict;
}
