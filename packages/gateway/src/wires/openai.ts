import type { ProviderConfig } from '../config.ts';
import { bearer, keyFor, lowerCase, requestHeaders, withHeaders } from '../provider/headers.ts';
import type { Wire } from '../provider/wire.ts';
import { chatBody } from './chat-body.ts';
import { readModels } from './model-list.ts';

/** OpenAI's own API, and everything that speaks it. */
export function openAiWire(config: Pick<ProviderConfig, 'baseUrl' | 'headers'>): Wire {
  return {
    request: (call, { model, apiKey, prefix }) => ({
      path: prefix + call.path,
      headers: withHeaders(requestHeaders(call, authorization(keyFor(apiKey, call.credential))), config.headers),
      body: chatBody(call, model, config.baseUrl),
    }),
    listing: {
      path: (prefix) => `${prefix}/models`,
      headers: (apiKey): Record<string, string> => ({
        ...(apiKey === undefined ? {} : { authorization: bearer(apiKey) }),
        ...lowerCase(config.headers),
      }),
      read: (answer) => readModels((answer as { data: unknown }).data, ({ id, created }) => ({ id, created })),
    },
  };
}

function authorization(key: string | undefined): string[] {
  return key === undefined ? [] : ['authorization', bearer(key)];
}
