import { NearhitError } from '@nearhit/core';

export interface EmbeddingsRequest {
  readonly texts: readonly string[];
  readonly base64: boolean;
}

/** As OpenAI's own limit. */
const TEXTS_MAX = 2048;

function invalid(param: string, message: string): NearhitError {
  return new NearhitError('INVALID_REQUEST', `Invalid request: '${param}': ${message}`, { param });
}

/** The model that a body asks for. Throws INVALID_REQUEST when it is no object or names none. */
export function modelOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new NearhitError('INVALID_REQUEST', 'Invalid request: expected a JSON object.');
  }
  const { model } = body as { model?: unknown };
  if (typeof model !== 'string' || model === '') throw invalid('model', 'expected the name of a model.');
  return model;
}

/** What the local model is asked for. Throws INVALID_REQUEST that names the field and what it expects. */
export function readEmbeddingsRequest(body: object, model: string): EmbeddingsRequest {
  const { input, encoding_format: format, dimensions } = body as Record<string, unknown>;
  if (dimensions !== undefined && dimensions !== null) {
    throw invalid('dimensions', `the model '${model}' has a fixed number of dimensions: leave the field out.`);
  }
  if (format !== undefined && format !== null && format !== 'float' && format !== 'base64') {
    throw invalid('encoding_format', "expected 'float' or 'base64'.");
  }
  return { texts: readTexts(input), base64: format === 'base64' };
}

function readTexts(input: unknown): readonly string[] {
  if (typeof input === 'string') return [checkText(input, 'input')];
  if (!Array.isArray(input)) throw invalid('input', 'expected a text or an array of texts.');
  if (input.length === 0) throw invalid('input', 'expected at least one text.');
  if (input.length > TEXTS_MAX)
    throw invalid('input', `expected at most ${TEXTS_MAX} texts, received ${input.length}.`);
  return input.map((text: unknown, i) => checkText(text, `input[${i}]`));
}

function checkText(text: unknown, param: string): string {
  if (typeof text === 'number' || Array.isArray(text)) {
    throw invalid(param, 'expected a text: token ids are not supported, because the tokenizer is the model’s own.');
  }
  if (typeof text !== 'string') throw invalid(param, 'expected a text.');
  if (text === '') throw invalid(param, 'expected a text that is not empty.');
  if (/\p{Surrogate}/u.test(text))
    throw invalid(param, 'expected well-formed Unicode, found half of a surrogate pair.');
  return text;
}
