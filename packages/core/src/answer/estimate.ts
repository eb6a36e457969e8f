import type { TokenEstimate } from '../ports/upstream.ts';
import { guessedPromptTokens } from '../reply/usage.ts';
import type { PreparedRequest } from '../request/prepare.ts';

/** Tokens of a chat request's prompt. `body`: its JSON, known to be valid. Never rejects. */
export type TokenCounter = (body: Buffer) => Promise<number>;

/** What a model writes when nobody bounds it, about: an estimate must not be 0, and the answer is counted when it is there. */
const COMPLETION_TOKENS = 500;

const completionTokens = ({ completionTokensMax }: PreparedRequest): number => completionTokensMax ?? COMPLETION_TOKENS;

/** What a call will need, by the length of its texts: enough to weigh one target against another. */
export function guessOf(request: PreparedRequest): TokenEstimate {
  return { promptTokens: guessedPromptTokens(request.promptChars), completionTokens: completionTokens(request) };
}

/** What a call will need, counted: for what is set aside of its caller's limits. */
export async function estimateOf(
  body: Buffer,
  request: PreparedRequest,
  countTokens: TokenCounter | undefined,
): Promise<TokenEstimate> {
  if (countTokens === undefined) return guessOf(request);
  return { promptTokens: await countTokens(body), completionTokens: completionTokens(request) };
}
