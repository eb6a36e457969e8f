import { isObject, type JsonObject, without } from '@nearhit/core';
import { invalidReply } from '../provider/reply.ts';
import { objectsOf, textOf } from '../provider/values.ts';
import { candidateExtras, indexOf, logprobsOf, partsSaid, type Said, signed } from './candidate.ts';
import { finishOf } from './finish.ts';
import { geminiUsage } from './usage.ts';

export const ANSWER_FIELDS: ReadonlySet<string> = new Set([
  ...['candidates', 'usageMetadata', 'modelVersion', 'responseId', 'createTime', 'promptFeedback'],
]);

/** A GenerateContentResponse as a chat completion. Throws UPSTREAM_INVALID when it is none. */
export function toChatCompletion(answer: JsonObject, created: number, askedModel: string): JsonObject {
  const usage = geminiUsage(answer.usageMetadata);
  return {
    ...headOf(answer, created, askedModel),
    object: 'chat.completion',
    choices: choicesOf(answer),
    ...(usage === undefined ? {} : { usage }),
    ...without(answer, ANSWER_FIELDS),
  };
}

export function headOf(answer: JsonObject, created: number, askedModel: string) {
  const createdMs = Date.parse(textOf(answer.createTime));
  return {
    id: textOf(answer.responseId),
    created: Number.isNaN(createdMs) ? created : Math.floor(createdMs / 1000),
    model: textOf(answer.modelVersion) || askedModel,
  };
}

function choicesOf(answer: JsonObject): JsonObject[] {
  const candidates = objectsOf(answer.candidates);
  if (candidates.length > 0) return candidates.map((candidate) => choiceOf(candidate, textOf(answer.responseId)));
  const refused = blockedChoice(answer.promptFeedback);
  if (refused === undefined) throw invalidReply("The provider's answer is no Gemini answer: it has no candidates.");
  return [{ index: 0, message: { role: 'assistant', content: null, ...refused.message }, ...refused.last }];
}

function choiceOf(candidate: JsonObject, reply: string): JsonObject {
  const index = indexOf(candidate);
  const content = isObject(candidate.content) ? candidate.content : {};
  const said = partsSaid(content.parts, { reply, choice: index, calls: 0 });
  return {
    index,
    message: { role: 'assistant', content: said.content || null, refusal: null, ...otherFields(said) },
    logprobs: logprobsOf(candidate.logprobsResult),
    ...finishOf(candidate.finishReason, said.calls.length > 0),
    ...candidateExtras(candidate),
  };
}

/** Everything but the text. */
export function otherFields({ reasoning, calls, images, native, signature }: Said): JsonObject {
  return {
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(images.length === 0 ? {} : { images }),
    ...(native.length === 0 ? {} : { native_blocks: native }),
    ...(signature === undefined ? {} : { extra_content: signed(signature) }),
  };
}

/** A prompt that Google would not let its model see; undefined when it did. */
export function blockedChoice(feedback: unknown): { message: JsonObject; last: JsonObject } | undefined {
  if (!isObject(feedback) || typeof feedback.blockReason !== 'string') return undefined;
  const { blockReason, blockReasonMessage, safetyRatings } = feedback;
  return {
    message: { refusal: textOf(blockReasonMessage) || `The provider refused the prompt: ${blockReason}.` },
    last: {
      finish_reason: 'content_filter',
      native_finish_reason: blockReason,
      ...(safetyRatings === undefined ? {} : { safetyRatings }),
    },
  };
}
