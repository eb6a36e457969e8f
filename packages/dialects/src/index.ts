export type { FrontDialect, FrontReplies, FrontRequest, FrontStream } from './front.ts';
export { countMessageTokens } from './messages/count.ts';
export { messagesDialect } from './messages/dialect.ts';
export { responsesDialect } from './responses/dialect.ts';
