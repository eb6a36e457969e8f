import { NearhitError } from '@nearhit/core';
import type { ProviderConfig } from '../config.ts';
import { bearer, keyFor, lowerCase, requestHeaders, withHeaders } from '../provider/headers.ts';
import type { Wire } from '../provider/wire.ts';
import { chatBody } from './chat-body.ts';
import { readModels } from './model-list.ts';

/**
 * Azure OpenAI. A base URL that ends in `/openai/v1` is its newer API, where the deployment stands in the body; any other
 * is the resource (`https://NAME.openai.azure.com`), where it stands in the path and an API version in the query.
 */
export function azureOpenAiWire(config: Pick<ProviderConfig, 'apiVersion' | 'baseUrl' | 'headers'>): Wire {
  const { apiVersion, baseUrl, headers } = config;
  const query = apiVersion === undefined ? '' : `?api-version=${encodeURIComponent(apiVersion)}`;
  return {
    request: (call, { model, apiKey, prefix }) => ({
      path: callPath(prefix, model, call.path) + query,
      headers: withHeaders(requestHeaders(call, credentials(keyFor(apiKey, call.credential))), headers),
      body: chatBody(call, model, baseUrl),
    }),
    listing: {
      path: (prefix) => `${isV1(prefix) ? prefix : `${resource(prefix)}/openai`}/models${query}`,
      headers: (apiKey): Record<string, string> => ({
        ...(apiKey === undefined ? {} : { 'api-key': apiKey }),
        ...lowerCase(headers),
      }),
      read: (answer) =>
        readModels((answer as { data: unknown }).data, ({ id, created, created_at }) => ({
          id,
          created: created ?? created_at,
        })),
    },
  };
}

function callPath(prefix: string, deployment: string, path: string): string {
  if (isV1(prefix)) return prefix + path;
  // A segment of dots would lead elsewhere, however it is encoded.
  if (/^\.*$/.test(deployment)) {
    throw new NearhitError('MODEL_NOT_FOUND', `There is no deployment \`${deployment}\`.`, { param: 'model' });
  }
  return `${resource(prefix)}/openai/deployments/${encodeURIComponent(deployment)}${path}`;
}

function isV1(prefix: string): boolean {
  return /\/v1$/.test(prefix);
}

/** `/openai` at its end may be written or not. */
function resource(prefix: string): string {
  return prefix.replace(/\/openai$/, '');
}

/** A token of Entra ID is a JWT and goes as a bearer's; everything else is a key. */
function credentials(key: string | undefined): string[] {
  if (key === undefined) return [];
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(key) ? ['authorization', bearer(key)] : ['api-key', key];
}
