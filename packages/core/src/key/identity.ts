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

const KNOWN = Symbol('identity');

interface Asked {
  readonly scope: Scope;
  readonly fingerprint: Fingerprint;
  readonly query: string;
  readonly exactOnly?: string | undefined;
  /** Earlier turns that are compared apart: then the query alone makes no two requests the same. */
  readonly conversation?: { readonly turns?: readonly string[] | undefined } | undefined;
  /** Once it was asked for; null: there is none. (In a WeakMap each request would cost the garbage collector more than its key.) */
  [KNOWN]?: Identity | null;
}

/**
 * Undefined for a request that is matched exactly only, and for a query that has no form. Made when it is first asked
 * for, hence not for what is found in memory by its exact key.
 */
export function identityOf(request: Asked): Identity | undefined {
  const known = request[KNOWN];
  if (known !== undefined) return known ?? undefined;
  const alone = (request.conversation?.turns ?? []).length === 0;
  const form = alone && request.exactOnly === undefined ? formOf(request.query) : undefined;
  const { scope, fingerprint } = request;
  const identity = form === undefined ? undefined : { key: identityKeyOf(scope, fingerprint, form), form };
  request[KNOWN] = identity ?? null;
  return identity;
}
