import type { Config } from '@nearhit/config';
import { type AnswerDeps, createAnswer, type KeyStore, type LimitStore, type Observer, rehearse } from '@nearhit/core';
import { createAccess, createUpstream } from '@nearhit/gateway';
import type { Metrics } from '@nearhit/http';
import { createPreparedMemo } from '@nearhit/memory';
import { type Accounts, accounted, type Closers, secretOf } from '@nearhit/runtime';
import { type Auditing, openAudits } from './audits.ts';

export interface AnsweringDeps {
  readonly lookingUp: Omit<AnswerDeps, 'upstream' | 'prepared' | 'lookupTimeoutMs'>;
  readonly accounts: Pick<Accounts, 'begin' | 'record'>;
  readonly access: { readonly keys: KeyStore; readonly limits: LimitStore };
  readonly observer: Observer;
  readonly metrics: Pick<Metrics, 'watch'>;
  readonly auditing: Auditing;
  /** As in force now. */
  readonly config: () => Config;
  /** Where the secret is kept that seals the credentials of keys, when none is configured. */
  readonly secretFile: string;
  /** Resolves when nobody elsewhere waits any more for what this process fetches. */
  readonly drained: () => Promise<void>;
  readonly closers: Closers;
}

/** Behind the start, which it must not hold up. */
const REHEARSE_AFTER_MS = 250;

/** What fails in it fails again, and is told, where it is asked for. */
function rehearsing(verifier: AnswerDeps['verifier']) {
  const timer = setTimeout(() => void rehearse(verifier).catch(() => {}), REHEARSE_AFTER_MS).unref();
  return { close: async () => clearTimeout(timer) };
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
  const answering = {
    ...{ ...lookingUp, upstream, prepared: createPreparedMemo() },
    lookupTimeoutMs: () => config().cache.lookupTimeoutMs,
    countTokens: access.countTokens,
  };
  const { accounts, metrics, auditing } = deps;
  const audits = openAudits({ ...auditing, answering, accounts, metrics, limits: deps.access.limits });
  closers.add(audits.queue);
  const answer = createAnswer({ ...answering, audits: audits.choice });
  closers.add(rehearsing(lookingUp.verifier));
  return {
    ...{ upstream, access, answer },
    /** Runs what another part of this process takes out of a shared queue. */
    runAudit: audits.run,
    /** Another configuration is in force. Throws TypeError on one that can't be used; the old one goes on then. */
    reconfigure(next: Config): void {
      gateway.reconfigure(next);
      access.reconfigure();
    },
  };
}
