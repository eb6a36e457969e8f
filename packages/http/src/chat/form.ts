import { type NearhitError, renderSse, sseError, type UpstreamHead } from '@nearhit/core';
import type { FrontReplies } from '@nearhit/dialects';
import { WholeLines } from './whole-lines.ts';

/** A live stream on its way to a client. */
export interface StreamForm {
  /** What may go out now. Empty: nothing yet. */
  push(chunk: Buffer): Buffer;
  end(): Buffer;
  /** It broke off: what tells the client. */
  fail(error: NearhitError): Buffer;
}

/** How a door writes replies: chat completions as they are, or in the words of another API. */
export interface ReplyForm {
  /** A provider's bytes are the reply's: they may go on unread. */
  readonly asSent: boolean;
  /** A `chat.completion` object as the door's JSON. Throws UPSTREAM_INVALID when it is none. */
  json(answer: Buffer): Buffer;
  /** The same as the door's events. */
  sse(answer: Buffer, includeUsage: boolean): Buffer;
  /** Name under which rendered bytes stay with an entry in L1. Undefined: they are made anew each time. */
  keptAs(stream: boolean, includeUsage: boolean): string | undefined;
  /** Undefined: a stream that can't be read, compressed or that of an error. */
  stream(head: UpstreamHead): StreamForm | undefined;
  /** An error body; an upstream's (OpenAI's shape) is one as well. */
  error(error: NearhitError | Buffer, status: number): Buffer;
}

/** Whatever event the stream was cut off in, the next one stands by itself. */
const END_OF_EVENT = Buffer.from('\n\n');

class ChatStream extends WholeLines {
  fail(error: NearhitError): Buffer {
    return Buffer.concat([END_OF_EVENT, sseError(error)]);
  }
}

const isReadable = ({ headers }: UpstreamHead): boolean => (headers['content-encoding'] ?? 'identity') === 'identity';

/** OpenAI's chat completions: bytes pass on as they come. */
export const chatForm: ReplyForm = {
  asSent: true,
  json: (answer) => answer,
  sse: (answer, includeUsage) => Buffer.concat(renderSse(answer, { includeUsage })),
  keptAs: (stream, includeUsage) => (stream ? (includeUsage ? 'sse+usage' : 'sse') : undefined),
  stream: (head) => (isReadable(head) ? new ChatStream() : undefined),
  error: (error) => (Buffer.isBuffer(error) ? error : Buffer.from(JSON.stringify(error.toBody()))),
};

/** Another API over the same answers. */
export function frontForm(replies: FrontReplies): ReplyForm {
  const { form } = replies;
  return {
    asSent: false,
    json: (answer) => replies.whole(answer),
    sse: (answer) => replies.replay(answer),
    keptAs: (stream) => (form === undefined ? undefined : stream ? `${form}+sse` : form),
    stream: (head) => (head.status < 300 && isReadable(head) ? replies.stream() : undefined),
    error: (error, status) => replies.error(error, status),
  };
}
