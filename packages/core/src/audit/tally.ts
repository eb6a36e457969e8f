/** Audits that ended without a verdict, by why: `budget`, `entry-gone`, `failed`, `dropped` ... */
export interface AuditCounts {
  /** By kind and how it ended. */
  readonly ended: readonly { readonly kind: 'audit' | 'shadow'; readonly verdict: string; readonly count: number }[];
  readonly costUsd: number;
}

/** Of this process, since it began. */
export class AuditTally {
  readonly #ended = new Map<string, { kind: 'audit' | 'shadow'; verdict: string; count: number }>();
  #costUsd = 0;

  /** `verdict`: `agree`, `disagree`, `unsure`, or why there is none. */
  count(kind: 'audit' | 'shadow', verdict: string): void {
    const key = `${kind} ${verdict}`;
    const known = this.#ended.get(key) ?? { kind, verdict, count: 0 };
    known.count += 1;
    this.#ended.set(key, known);
  }

  spend(costUsd: number): void {
    if (Number.isFinite(costUsd)) this.#costUsd += costUsd;
  }

  counts(): AuditCounts {
    return { ended: [...this.#ended.values()].map((one) => ({ ...one })), costUsd: this.#costUsd };
  }
}
