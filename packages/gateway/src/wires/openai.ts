import { authorizationOf, requestHeaders } from '../provider/headers.ts';
import type { Wire } from '../provider/wire.ts';
import { renameModel } from './rename-model.ts';

/** OpenAI's own API, and everything that speaks it. */
export const openAiWire: Wire = {
  request: (call, { model, apiKey, prefix }) => ({
    path: prefix + call.path,
    headers: requestHeaders(call, authorizationHeader(apiKey, call.credential)),
    body: model === call.model ? call.body : renameModel(call.body, model),
  }),
  listing: {
    path: (prefix) => `${prefix}/models`,
    headers: (apiKey): Record<string, string> => {
      const authorization = authorizationOf(apiKey, undefined);
      return authorization === undefined ? {} : { authorization };
    },
    read: (answer) => {
      const { data } = answer as { data: { id?: unknown; created?: unknown }[] };
      return data.flatMap(({ id, created }) =>
        typeof id === 'string' && id !== ''
          ? [{ id, created: Number.isSafeInteger(created) ? (created as number) : 0 }]
          : [],
      );
    },
  },
};

function authorizationHeader(apiKey: string | undefined, credential: string | undefined): string[] {
  const authorization = authorizationOf(apiKey, credential);
  return authorization === undefined ? [] : ['authorization', authorization];
}
