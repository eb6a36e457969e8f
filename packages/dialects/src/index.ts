export { anthropicReply } from './anthropic/reply.ts';
export { type AnthropicTarget, toAnthropicRequest } from './anthropic/request.ts';
export type { FrontDialect, FrontReplies, FrontRequest, FrontStream } from './front.ts';
export { type EmbeddingsRequest, toGeminiEmbeddings } from './gemini/embeddings.ts';
export { geminiEmbeddingsReply, geminiReply } from './gemini/reply.ts';
export { toGeminiRequest } from './gemini/request.ts';
export { includesUsage } from './provider/include-usage.ts';
export type { ReplyHead, TranslatedReply } from './provider/reply.ts';
