import { type LimitAnswer, type LimitSubject, NearhitError, type SubjectUse } from '@nearhit/core';
import { duration, rateHeaders } from './rate-headers.ts';
import { toUsd } from './subjects.ts';

type Refused = Extract<LimitAnswer, { kind: 'refused' }>;

export interface Asked {
  readonly tokens?: number | undefined;
  readonly nanoUsd?: number | undefined;
}

/** Told to OpenAI's clients, which would otherwise try again by themselves. */
const NO_RETRY = ['x-should-retry', 'false'];

/** What the caller is told: which limit, of whom, and when to come back. */
export function refusal(subjects: readonly LimitSubject[], refused: Refused, asked: Asked = {}): NearhitError {
  const { limits, id } = subjects[refused.subject] as LimitSubject;
  const use = refused.uses[refused.subject] as SubjectUse;
  const who = nameOf(id);
  const headers = rateHeaders(subjects, refused.uses);
  const { retryAfterMs } = refused;
  const again = `Try again in ${duration(retryAfterMs)}.`;
  const limited = (what: string) =>
    new NearhitError('RATE_LIMITED', `Rate limit reached for ${who} on ${what}. ${again}`, { retryAfterMs, headers });
  switch (refused.limit) {
    case 'rpm':
      return limited(`requests per minute (RPM): Limit ${limits.rpm}, Used ${use.milliRequests / 1000}, Requested 1`);
    case 'tpm':
      return limited(
        `tokens per minute (TPM): Limit ${limits.tpm}, Used ${use.tokens}, Requested about ${asked.tokens ?? 0}`,
      );
    case 'concurrent':
      return limited(`requests at once: Limit ${limits.concurrent}, In flight ${use.inFlight}`);
    default:
      return overBudget(who, refused, limits, use, asked.nanoUsd ?? 0, headers);
  }
}

/** A prompt that alone is longer than the limit: no waiting helps. */
export function tooManyTokens(subject: LimitSubject, tokens: number, headers: readonly string[]): NearhitError {
  const message =
    `The request is too large for ${nameOf(subject.id)} on tokens per minute (TPM): Limit ${subject.limits.tpm}, ` +
    `Requested about ${tokens}. Send a shorter prompt.`;
  return new NearhitError('RATE_LIMITED', message, { headers: [...headers, ...NO_RETRY] });
}

function overBudget(
  who: string,
  { limit, retryAfterMs }: Refused,
  limits: LimitSubject['limits'],
  use: SubjectUse,
  nanoUsd: number,
  headers: readonly string[],
): NearhitError {
  const [period, budget, spent] =
    limit === 'nanoUsdDay'
      ? (['daily', limits.nanoUsdDay, use.spentDay] as const)
      : (['monthly', limits.nanoUsdMonth, use.spentMonth] as const);
  const message =
    `The ${period} budget of ${who} does not allow this call: Budget ${usd(budget ?? 0)}, Spent ${usd(spent)}, ` +
    `Set aside for calls on their way ${usd(use.reserved)}, Needed about ${usd(nanoUsd)}. ` +
    `It begins anew in ${longDuration(retryAfterMs)} (UTC).`;
  return new NearhitError('BUDGET_EXCEEDED', message, { retryAfterMs, headers: [...headers, ...NO_RETRY] });
}

function nameOf(subject: string): string {
  const [kind, ...rest] = subject.split(':');
  return kind === 'key' ? `API key ${rest.join(':')}` : `tenant ${rest.join(':')}`;
}

const usd = (nanoUsd: number): string => {
  const amount = toUsd(nanoUsd);
  return `$${amount >= 0.01 || amount === 0 ? amount.toFixed(2) : amount.toPrecision(2)}`;
};

function longDuration(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours < 1) return `${Math.ceil(ms / 60_000)} min`;
  return hours < 48 ? `${Math.ceil(hours)} h` : `${Math.ceil(hours / 24)} days`;
}
