import type { TokenEstimate } from '../ports/upstream.ts';
import { guessedPromptTokens } from '../reply/usage.ts';
import type { PreparedRequest } from '../request/prepare.ts';

/** Tokens of a chat request's prompt. `body`: its JSON, known to be valid. */
export type TokenCounter = (body: Buffer, model: string) => number;

/** What a model writes when nobody bounds it, about: an estimate must not be 0, and the answer is counted when it is there. */
const COMPLETION_TOKENS = 500;

/** What a call will need, before it is made. */
export function estimateOf(
  body: Buffer,
  { promptChars, completionTokensMax, model }: PreparedRequest,
  countTokens: TokenCounter | undefined,
): TokenEstimate {
  return {
    promptTokens: countTokens?.(body, model) ?? guessedPromptTokens(promptChars),
    completionTokens: completionTokensMax ?? COMPLETION_TOKENS,
  };
}
