import { messagesDialect, responsesDialect } from '@nearhit/dialects';
import { type AnswerHandler, type ChatDeps, createChatHandler, createFrontHandler } from './chat.ts';
import { createCountHandler } from './count-tokens.ts';

/** By path below `/v1`: everything that is answered with a chat completion, in whatever words. */
export type AnswerDoors = Readonly<Record<`/${string}`, AnswerHandler>>;

export function createAnswerDoors(deps: ChatDeps): AnswerDoors {
  return {
    '/chat/completions': createChatHandler(deps),
    '/messages': createFrontHandler(messagesDialect, deps),
    '/messages/count_tokens': createCountHandler(deps),
    '/responses': createFrontHandler(responsesDialect, deps),
  };
}
