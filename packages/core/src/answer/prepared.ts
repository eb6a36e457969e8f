import { hash } from 'node:crypto';
import { tenantOfCredential } from '../caller.ts';
import type { TenantId } from '../ids.ts';
import type { PolicyService } from '../policy/service.ts';
import type { Memo } from '../ports/memory-cache.ts';
import type { Upstream } from '../ports/upstream.ts';
import { CONTROL_HEADERS } from '../request/controls.ts';
import { isOff, type PreparedRequest, prepare } from '../request/prepare.ts';
import type { ChatCall } from './chat-call.ts';

export interface PreparedDeps {
  readonly policies: PolicyService;
  /** What the same bytes meant last time. */
  readonly prepared: Memo<{ request: PreparedRequest; policyVersion: number }>;
  readonly upstream: Pick<Upstream, 'usesClientCredential'>;
}

/** Bodies above this are prepared anew each time: the memo is for many small ones, and for those that come again. */
const MEMO_BODY_BYTES_MAX = 65_536;

/** The same bytes under the same controls, caller and policies mean the same request. */
export function prepared(call: ChatCall, deps: PreparedDeps): PreparedRequest {
  const tenantOf = (model: string) => tenant(call, model, deps.upstream);
  const { body, headers, caller, provider } = call;
  const { thresholdFloor } = caller;
  const input = { body, headers, provider, tenantOf, thresholdFloor, keylessWhenOff: true };
  if (body.length > MEMO_BODY_BYTES_MAX || headers['x-nearhit-cache'] === 'off') return prepare(input, deps.policies);
  let controls = callerKey(call);
  for (const name of CONTROL_HEADERS) controls += `\n${headers[name] ?? ''}`;
  const key = hash('sha256', body, 'base64') + hash('sha256', controls, 'base64');
  const known = deps.prepared.get(key);
  if (known?.policyVersion === deps.policies.version) return known.request;
  const request = prepare(input, deps.policies);
  if (!isOff(request)) deps.prepared.set(key, { request, policyVersion: deps.policies.version });
  return request;
}

/** Whoever pays the provider with a key of their own has a cache of their own. */
function tenant(call: ChatCall, model: string, upstream: PreparedDeps['upstream']): TenantId {
  const { tenant: own, credential } = call.caller;
  if (credential === undefined || !upstream.usesClientCredential(model, call.provider)) return own;
  return tenantOfCredential(credential);
}

/** What of the caller and the door shapes a prepared request. */
const callerKey = ({ caller: { tenant: own, credential = '', thresholdFloor = 0 }, provider = '' }: ChatCall): string =>
  `${own}\n${credential}\n${provider}\n${thresholdFloor}`;
