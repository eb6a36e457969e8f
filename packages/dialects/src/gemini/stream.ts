import { isObject, type JsonObject, type SseEvent, without } from '@nearhit/core';
import { ChunkWriter, DONE, errorEvent } from '../provider/chunks.ts';
import { endedEarly, objectOf, type ReplyStream } from '../provider/reply.ts';
import { objectsOf, textOf } from '../provider/values.ts';
import { ANSWER_FIELDS, blockedChoice, headOf, otherFields } from './answer.ts';
import { candidateExtras, indexOf, logprobsOf, partsSaid, type Said, signed } from './candidate.ts';
import { geminiError } from './errors.ts';
import { finishOf } from './finish.ts';
import { geminiUsage } from './usage.ts';

export interface StreamOptions {
  readonly created: number;
  /** Where the stream does not say. */
  readonly model: string;
  readonly includeUsage: boolean;
}

interface Choice {
  calls: number;
  natives: number;
  finished: boolean;
  /** Stated again and again; the last word goes out with the end. */
  last: JsonObject;
  signature: string | undefined;
}

const begun = (): Choice => ({ calls: 0, natives: 0, finished: false, last: {}, signature: undefined });

/** Gemini's events, each an answer of its own, as chat completion chunks. It has no last event: the end is the end. */
export class GeminiStream implements ReplyStream {
  readonly #options: StreamOptions;
  #chunks: ChunkWriter | undefined;
  #reply = '';
  readonly #choices = new Map<number, Choice>();
  #usage: JsonObject | undefined;
  /** An error came: what follows is nobody's answer. */
  #failed = false;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  push(event: SseEvent): string {
    if (this.#failed || event.data.startsWith('[DONE]')) return '';
    const answer = objectOf(event, 'stream of Gemini answers');
    if (isObject(answer.error)) {
      this.#failed = true;
      return errorEvent(geminiError(answer));
    }
    const first = this.#chunks === undefined;
    const chunks = this.#writer(answer);
    this.#usage = geminiUsage(answer.usageMetadata) ?? this.#usage;
    const extra = first ? without(answer, ANSWER_FIELDS) : {};
    const candidates = objectsOf(answer.candidates);
    if (candidates.length > 0) return candidates.map((one) => this.#candidate(one, chunks, extra)).join('');
    return this.#blocked(answer.promptFeedback, chunks);
  }

  end(): string {
    if (this.#failed) return '';
    const choices = [...this.#choices.values()];
    if (choices.length === 0 || !choices.every(({ finished }) => finished)) throw endedEarly();
    return (this.#chunks?.usage(this.#usage) ?? '') + DONE;
  }

  #writer(answer: JsonObject): ChunkWriter {
    if (this.#chunks === undefined) {
      this.#reply = textOf(answer.responseId);
      const { created, model, includeUsage } = this.#options;
      this.#chunks = new ChunkWriter(headOf(answer, created, model), includeUsage);
    }
    return this.#chunks;
  }

  #candidate(candidate: JsonObject, chunks: ChunkWriter, extra: JsonObject): string {
    const index = indexOf(candidate);
    const choice = this.#choices.get(index) ?? begun();
    const opening = this.#choices.has(index) ? '' : chunks.role(index, extra);
    this.#choices.set(index, choice);
    const content = isObject(candidate.content) ? candidate.content : {};
    const said = partsSaid(content.parts, { reply: this.#reply, choice: index, calls: choice.calls });
    const delta = deltaOf(said, choice);
    const logprobs = logprobsOf(candidate.logprobsResult);
    const finish = finishOf(candidate.finishReason, choice.calls > 0);
    Object.assign(choice.last, candidateExtras(candidate));
    if (finish.finish_reason === null) {
      const idle = Object.keys(delta).length === 0 && logprobs === null;
      return opening + (idle ? '' : chunks.chunk(index, delta, { logprobs }));
    }
    choice.finished = true;
    const whole = { ...delta, ...(choice.signature === undefined ? {} : { extra_content: signed(choice.signature) }) };
    return opening + chunks.chunk(index, whole, { logprobs, ...finish, ...choice.last });
  }

  #blocked(feedback: unknown, chunks: ChunkWriter): string {
    const refused = blockedChoice(feedback);
    if (refused === undefined || this.#choices.size > 0) return '';
    this.#choices.set(0, { ...begun(), finished: true });
    return chunks.role(0) + chunks.chunk(0, refused.message, refused.last);
  }
}

/** Counts the calls and blocks into `choice`: a stream numbers them. */
function deltaOf(said: Said, choice: Choice): JsonObject {
  const calls = said.calls.map((call) => ({ index: choice.calls++, ...call }));
  const native = said.native.map((block) => ({ index: choice.natives++, ...block }));
  choice.signature = said.signature ?? choice.signature;
  const others = otherFields({ ...said, calls, native, signature: undefined });
  return { ...(said.content === '' ? {} : { content: said.content }), ...others };
}
