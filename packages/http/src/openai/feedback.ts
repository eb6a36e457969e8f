import { ANYONE, type Caller, NOTHING_SPENT, tenantOfCredential, UNLIMITED } from '@nearhit/core';
import type { RequestHandler } from 'express';
import { feedbackBody } from '../admin/evidence-schemas.ts';
import { checkAll } from '../admin/faults.ts';
import { feedbackInput } from '../admin/feedback-input.ts';
import type { EvidenceAdmin } from '../admin/ports.ts';
import { readJson } from '../body.ts';
import { headersFrom, sendJson } from '../reply.ts';
import { type Authorize, bearerOf, type Enter } from '../request.ts';
import type { Route } from '../routes.ts';

export interface FeedbackDeps {
  readonly feedback: EvidenceAdmin['feedback'];
  readonly authorize?: Authorize | undefined;
  readonly enter?: Enter | undefined;
}

const BODY_BYTES_MAX = 1_048_576;

/** POST /v1/feedback: what a caller says of an answer that their tenant got. Counts as a request like others. */
export function feedbackRoutes({ feedback, authorize, enter }: FeedbackDeps): Route[] {
  const handler: RequestHandler = async (req, res) => {
    const given = bearerOf(req);
    const caller: Caller = (await authorize?.(given, req)) ?? { ...ANYONE, credential: given };
    const allowance = (await enter?.(caller)) ?? UNLIMITED;
    try {
      const value = await readJson(req, BODY_BYTES_MAX);
      const [body] = checkAll([{ name: 'body', schema: feedbackBody, value }]) as [typeof feedbackBody._output];
      const by = { kind: 'caller', tenants: tenantsOf(caller), grants: caller.grants } as const;
      sendJson(res, 200, await feedback(feedbackInput(body), by), headersFrom(allowance.headers()));
    } finally {
      allowance.settle(NOTHING_SPENT);
    }
  };
  return [{ method: 'post', path: '/feedback', handler }];
}

/** Whoever pays the provider with a key of their own has a cache of their own beside that of their tenant. */
const tenantsOf = ({ tenant, credential }: Caller): string[] =>
  credential === undefined ? [tenant] : [tenant, tenantOfCredential(credential)];
