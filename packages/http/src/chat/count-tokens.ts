import { countMessageTokens, messagesDialect } from '@nearhit/dialects';
import { readBody, requireJson } from '../body.ts';
import { sendJson } from '../reply.ts';
import { bearerOf, requestIdOf } from '../request.ts';
import type { AnswerHandler, ChatDeps } from './chat.ts';

/**
 * POST /v1/messages/count_tokens: an estimate, and marked as one, since the vocabulary is the provider's. No provider is
 * asked, and nothing is charged.
 */
export function createCountHandler(deps: Pick<ChatDeps, 'authorize' | 'bodyBytesMax' | 'fail'>): AnswerHandler {
  return (req, res) => {
    const handle = async () => {
      await deps.authorize(bearerOf(req));
      requireJson(req);
      const tokens = countMessageTokens(await readBody(req, deps.bodyBytesMax));
      const headers = { 'x-request-id': requestIdOf(req), 'x-nearhit-estimated': 'true' };
      sendJson(res, 200, { input_tokens: tokens }, headers);
    };
    handle().catch((error: unknown) => deps.fail(req, res, error, messagesDialect.error));
  };
}
