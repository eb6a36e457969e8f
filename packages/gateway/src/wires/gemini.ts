import type { UpstreamCall } from '@nearhit/core';
import {
  geminiEmbeddingsReply,
  geminiReply,
  includesUsage,
  toGeminiEmbeddings,
  toGeminiRequest,
} from '@nearhit/dialects';
import type { ProviderConfig } from '../config.ts';
import { keyFor, lowerCase, requestHeaders, withHeaders } from '../provider/headers.ts';
import type { Wire, WireTarget } from '../provider/wire.ts';
import { readModels } from './model-list.ts';

const MODELS_MAX = 1000;

/** Google's Gemini API. */
export function geminiWire(config: Pick<ProviderConfig, 'headers'>): Wire {
  return {
    request: (call, target) => {
      const key = keyFor(target.apiKey, call.credential);
      const headers = requestHeaders(call, key === undefined ? [] : ['x-goog-api-key', key]);
      return { ...said(call, target), headers: withHeaders(headers, config.headers) };
    },
    reply: (call, model) => {
      if (call.path === '/embeddings') {
        return geminiEmbeddingsReply({ model, base64: toGeminiEmbeddings(call.body, model).base64 });
      }
      return geminiReply({ model, stream: call.stream, includeUsage: call.stream && includesUsage(call.body) });
    },
    listing: {
      path: (prefix) => `${prefix}/models?pageSize=${MODELS_MAX}`,
      headers: (apiKey): Record<string, string> => ({
        ...(apiKey === undefined ? {} : { 'x-goog-api-key': apiKey }),
        ...lowerCase(config.headers),
      }),
      read: (answer) =>
        readModels((answer as { models: unknown }).models, ({ name }) => ({
          id: String(name ?? '').replace(/^models\//, ''),
        })),
    },
  };
}

function said(call: UpstreamCall, { model, prefix }: WireTarget): { path: string; body: Buffer } {
  const path = `${prefix}/${resource(model)}`;
  if (call.path === '/embeddings') {
    const { body } = toGeminiEmbeddings(call.body, model.replace(/^models\//, ''));
    return { path: `${path}:batchEmbedContents`, body };
  }
  const body = toGeminiRequest(call.body, model);
  return { path: path + (call.stream ? ':streamGenerateContent?alt=sse' : ':generateContent'), body };
}

/** `models/gemini-2.5-pro`; names of the other collection (`tunedModels/mine`) are written out. One segment, whatever it is. */
function resource(model: string): string {
  const [, collection = 'models', name = ''] = /^(?:(models|tunedModels)\/)?([\s\S]*)$/.exec(model) ?? [];
  return `${collection}/${encodeURIComponent(name)}`;
}
