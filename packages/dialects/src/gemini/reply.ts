import { type ReplyDialect, type ReplyOptions, TranslatedReply } from '../provider/reply.ts';
import { toChatCompletion } from './answer.ts';
import { toEmbeddings } from './embeddings.ts';
import { geminiRefusal } from './errors.ts';
import { GeminiStream } from './stream.ts';

/** A Gemini reply on its way to chat completions. */
export function geminiReply({ model, stream, includeUsage }: ReplyOptions): TranslatedReply {
  const dialect: ReplyDialect = {
    expected: 'Gemini answer',
    whole: (answer, created) => toChatCompletion(answer, created, model),
    stream: (created) => new GeminiStream({ created, model, includeUsage }),
    error: geminiRefusal,
  };
  return new TranslatedReply(dialect, stream);
}

/** Gemini's embeddings on their way to OpenAI's list. `base64`: as floats in base64, which OpenAI's clients ask for. */
export function geminiEmbeddingsReply(options: { model: string; base64: boolean }): TranslatedReply {
  const dialect: ReplyDialect = {
    expected: 'list of embeddings',
    whole: (answer) => toEmbeddings(answer, options),
    stream: () => {
      throw new Error('embeddings are not streamed');
    },
    error: geminiRefusal,
  };
  return new TranslatedReply(dialect, false);
}
