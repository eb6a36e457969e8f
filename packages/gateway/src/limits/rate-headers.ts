import type { LimitSubject, SubjectUse } from '@nearhit/core';

interface Left {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

/** name, value, ...: OpenAI's `x-ratelimit-*` of whichever subject has least left. Empty where nothing is limited. */
export function rateHeaders(subjects: readonly LimitSubject[], uses: readonly SubjectUse[]): string[] {
  const requests = least(subjects, uses, ({ limits: { rpm } }, { milliRequests }) =>
    rpm === undefined ? undefined : [rpm, Math.floor((rpm * 1000 - milliRequests) / 1000)],
  );
  const tokens = least(subjects, uses, ({ limits: { tpm } }, use) =>
    tpm === undefined ? undefined : [tpm, Math.floor(tpm - use.tokens)],
  );
  return [...headersOf('requests', requests), ...headersOf('tokens', tokens)];
}

function least(
  subjects: readonly LimitSubject[],
  uses: readonly SubjectUse[],
  left: (subject: LimitSubject, use: SubjectUse) => [limit: number, remaining: number] | undefined,
): Left | undefined {
  let tightest: Left | undefined;
  for (const [at, subject] of subjects.entries()) {
    const use = uses[at];
    const found = use && left(subject, use);
    if (use === undefined || found === undefined) continue;
    const [limit, remaining] = found;
    if (tightest === undefined || remaining < tightest.remaining)
      tightest = { limit, remaining: Math.max(0, remaining), resetMs: use.resetMs };
  }
  return tightest;
}

function headersOf(kind: 'requests' | 'tokens', left: Left | undefined): string[] {
  if (left === undefined) return [];
  return [
    ...[`x-ratelimit-limit-${kind}`, String(left.limit)],
    ...[`x-ratelimit-remaining-${kind}`, String(left.remaining)],
    ...[`x-ratelimit-reset-${kind}`, duration(left.resetMs)],
  ];
}

/** As OpenAI writes it: `12ms`, `8.64s`, `6m0s`. */
export function duration(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms));
  if (whole < 1000) return `${whole}ms`;
  const minutes = Math.floor(whole / 60_000);
  const seconds = Number(((whole % 60_000) / 1000).toFixed(3));
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds}s`;
}
