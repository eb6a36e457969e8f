import { assertGranted, NOTHING_SPENT, UNLIMITED } from '@nearhit/core';
import { countMessageTokens, messagesDialect } from '@nearhit/dialects';
import { readBody, requireJson } from '../body.ts';
import { headersFrom, sendJson } from '../reply.ts';
import { bearerOf, requestIdOf } from '../request.ts';
import type { AnswerHandler, ChatDeps } from './chat.ts';

/**
 * POST /v1/messages/count_tokens: an estimate, and marked as one, since the vocabulary is the provider's. No provider is
 * asked, and nothing is charged, but it is a request like others.
 */
export function createCountHandler(
  deps: Pick<ChatDeps, 'authorize' | 'bodyBytesMax' | 'enter' | 'fail'>,
): AnswerHandler {
  return (req, res) => {
    const handle = async () => {
      const caller = await deps.authorize(bearerOf(req), req);
      requireJson(req);
      assertGranted(caller.grants, { feature: 'messages' });
      const body = await readBody(req, deps.bodyBytesMax);
      const allowance = (await deps.enter?.(caller)) ?? UNLIMITED;
      allowance.settle(NOTHING_SPENT);
      const tokens = countMessageTokens(body);
      const own = { 'x-request-id': requestIdOf(req), 'x-nearhit-estimated': 'true' };
      const headers = { ...headersFrom(allowance.headers()), ...own };
      sendJson(res, 200, { input_tokens: tokens }, headers);
    };
    handle().catch((error: unknown) => deps.fail(req, res, error, messagesDialect.error));
  };
}
