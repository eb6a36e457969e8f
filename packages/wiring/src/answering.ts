import type { Config } from '@nearhit/config';
import { type AnswerDeps, createAnswer, type KeyStore, type LimitStore, type Observer } from '@nearhit/core';
import { createAccess, createUpstream } from '@nearhit/gateway';
import type { Metrics } from '@nearhit/http';
import { createPreparedMemo } from '@nearhit/memory';
import { type Accounts, accounted, type Closers, secretOf } from '@nearhit/runtime';

export interface AnsweringDeps {
  readonly lookingUp: Omit<AnswerDeps, 'upstream' | 'prepared' | 'lookupTimeoutMs'>;
  readonly accounts: Pick<Accounts, 'begin'>;
  readonly access: { readonly keys: KeyStore; readonly limits: LimitStore };
  readonly observer: Observer;
  readonly metrics: Pick<Metrics, 'watch'>;
  /** As in force now. */
  readonly config: () => Config;
  /** Where the secret is kept that seals the credentials of keys, when none is configured. */
  readonly secretFile: string;
  /** Resolves when nobody elsewhere waits any more for what this process fetches. */
  readonly drained: () => Promise<void>;
  readonly closers: Closers;
}

/** The way upstream, who may go it and how far, and `answer()` on top: what every process that answers requests has. */
export function openAnswering({ lookingUp, observer, config, closers, ...deps }: AnsweringDeps) {
  const gateway = closers.add(
    createUpstream(config(), { onAlarm: (alarm) => observer.incident('provider-refuses-key', alarm) }),
  );
  const upstream = accounted(gateway, deps.accounts, Date.now);
  const secret = secretOf(config().server.secret, deps.secretFile, 'nhs_').secret;
  const access = closers.add(createAccess({ ...deps.access, observer, config, secret }));
  deps.metrics.watch({ providers: () => gateway.providers(), budgets: () => access.budgetsNear() });
  closers.add({ close: () => deps.drained() });
  const answer = createAnswer({
    ...lookingUp,
    upstream,
    prepared: createPreparedMemo(),
    lookupTimeoutMs: () => config().cache.lookupTimeoutMs,
    countTokens: access.countTokens,
  });
  return {
    ...{ upstream, access, answer },
    /** Another configuration is in force. Throws TypeError on one that can't be used; the old one goes on then. */
    reconfigure(next: Config): void {
      gateway.reconfigure(next);
      access.reconfigure();
    },
  };
}
