export type { FrontDialect, FrontReplies, FrontRequest, FrontStream } from './front.ts';
