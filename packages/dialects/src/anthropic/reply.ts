import { type ReplyDialect, type ReplyOptions, TranslatedReply } from '../provider/reply.ts';
import { toChatCompletion } from './answer.ts';
import { anthropicRefusal } from './errors.ts';
import { AnthropicStream } from './stream.ts';

/** An Anthropic reply on its way to chat completions. */
export function anthropicReply({ model, stream, includeUsage }: ReplyOptions): TranslatedReply {
  const dialect: ReplyDialect = {
    expected: 'Anthropic message',
    whole: (answer, created) => toChatCompletion(answer, created, model),
    stream: (created) => new AnthropicStream({ created, model, includeUsage }),
    error: anthropicRefusal,
  };
  return new TranslatedReply(dialect, stream);
}
