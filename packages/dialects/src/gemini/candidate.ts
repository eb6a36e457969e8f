import { createHash } from 'node:crypto';
import { isObject, type JsonObject, without } from '@nearhit/core';
import { countOf, objectsOf, present, textOf } from '../provider/values.ts';

/** What a candidate's parts say, in the fields of a message or of a delta. */
export interface Said {
  readonly content: string;
  readonly reasoning: string;
  readonly calls: JsonObject[];
  readonly images: JsonObject[];
  /** What chat completions have no place for: code that ran with the provider, and its output. */
  readonly native: JsonObject[];
  /** Of a text: it goes back with the next request. */
  readonly signature: string | undefined;
}

/** `seed`: names the reply, the choice and how many calls it had before, so that ids are unique and come out again. */
export function partsSaid(parts: unknown, seed: { reply: string; choice: number; calls: number }): Said {
  const said = {
    content: '',
    reasoning: '',
    calls: [] as JsonObject[],
    images: [] as JsonObject[],
    native: [] as JsonObject[],
  };
  let signature: string | undefined;
  for (const part of objectsOf(parts)) {
    const own = textOf(part.thoughtSignature) || undefined;
    if (isObject(part.functionCall)) {
      if (textOf(part.functionCall.name) === '') continue;
      const position = seed.calls + said.calls.length;
      said.calls.push(callOf(part.functionCall, own, `${seed.reply} ${seed.choice} ${position}`));
      continue;
    }
    if (own !== undefined && part.thought !== true) signature = own;
    if (typeof part.text === 'string') said[part.thought === true ? 'reasoning' : 'content'] += part.text;
    else if (isObject(part.inlineData) && isImage(part.inlineData)) said.images.push(imageOf(part.inlineData));
    else if (own === undefined || Object.keys(part).length > 1) said.native.push(nativeOf(part));
  }
  return { ...said, signature };
}

function callOf(call: JsonObject, signature: string | undefined, seed: string): JsonObject {
  const written = JSON.stringify(call.args ?? {});
  const name = textOf(call.name);
  const id =
    textOf(call.id) || `call_${createHash('sha256').update(`${seed} ${name} ${written}`).digest('hex').slice(0, 24)}`;
  return present({
    id,
    type: 'function',
    function: { name, arguments: written },
    extra_content: signature === undefined ? undefined : signed(signature),
  });
}

/** The place that Google's OpenAI-compatible API has for it. */
export function signed(signature: string): JsonObject {
  return { google: { thought_signature: signature } };
}

function isImage({ mimeType }: JsonObject): boolean {
  return textOf(mimeType).startsWith('image/');
}

/** As OpenRouter gives images that a model made. */
function imageOf({ mimeType, data }: JsonObject): JsonObject {
  return { type: 'image_url', image_url: { url: `data:${textOf(mimeType)};base64,${textOf(data)}` } };
}

function nativeOf(part: JsonObject): JsonObject {
  const type = Object.keys(part).find((name) => name !== 'thoughtSignature' && name !== 'thought') ?? 'part';
  return { type, ...part };
}

const CANDIDATE_FIELDS: ReadonlySet<string> = new Set([
  'index',
  'content',
  'finishReason',
  'logprobsResult',
  'tokenCount',
]);

/** What else a candidate carries: safety ratings, grounding, citations. */
export function candidateExtras(candidate: JsonObject): JsonObject {
  return without(candidate, CANDIDATE_FIELDS);
}

/** Google's log probabilities as OpenAI's; null when there are none. */
export function logprobsOf(result: unknown): JsonObject | null {
  if (!isObject(result)) return null;
  const tops = objectsOf(result.topCandidates);
  const content = objectsOf(result.chosenCandidates).map((chosen, at) => ({
    ...tokenOf(chosen),
    top_logprobs: objectsOf(tops[at]?.candidates).map(tokenOf),
  }));
  return content.length === 0 ? null : { content, refusal: null };
}

function tokenOf({ token, logProbability }: JsonObject): JsonObject {
  const text = textOf(token);
  return {
    token: text,
    logprob: typeof logProbability === 'number' ? logProbability : 0,
    bytes: [...Buffer.from(text)],
  };
}

export function indexOf(candidate: JsonObject): number {
  return countOf(candidate.index);
}
