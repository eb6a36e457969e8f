import { hash } from 'node:crypto';
import { FORM_VERSION, formOf } from '../decide/text/question-form.ts';
import type { Fingerprint, IdentityKey, Scope } from '../ids.ts';

/** 128 bits: a collision would only widen what is tried, for what is found is compared in full. */
const HEX_DIGITS = 32;

/** What makes a request the same as others that ask for it in other words of no weight. */
export interface Identity {
  readonly key: IdentityKey;
  /** Of the query, as `formOf` gives it. */
  readonly form: string;
}

/** Under which key one finds answers to questions of this form, in this scope and with this fingerprint. */
export function identityKeyOf(scope: Scope, fingerprint: Fingerprint, form: string): IdentityKey {
  const { tenant, namespace, model } = scope;
  const text = JSON.stringify(['identity', FORM_VERSION, tenant, namespace, model, fingerprint, form]);
  return hash('sha256', text).slice(0, HEX_DIGITS) as IdentityKey;
}

interface Asked {
  readonly scope: Scope;
  readonly fingerprint: Fingerprint;
  readonly query: string;
  readonly exactOnly?: string | undefined;
}

/** Made when it is first asked for, hence not for what is found by its exact key. */
const known = new WeakMap<Asked, Identity | 'none'>();

/** Undefined for a request that is matched exactly only, and for a query that has no form. */
export function identityOf(request: Asked): Identity | undefined {
  const kept = known.get(request);
  if (kept !== undefined) return kept === 'none' ? undefined : kept;
  const form = request.exactOnly === undefined ? formOf(request.query) : undefined;
  const { scope, fingerprint } = request;
  const identity = form === undefined ? undefined : { key: identityKeyOf(scope, fingerprint, form), form };
  known.set(request, identity ?? 'none');
  return identity;
}
