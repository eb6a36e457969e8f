import { NearhitError, type UpstreamCall } from '@nearhit/core';
import { anthropicReply, includesUsage, toAnthropicRequest } from '@nearhit/dialects';
import { catalogueModel } from '../catalogue/lookup.ts';
import type { ProviderConfig } from '../config.ts';
import { bearer, keyFor, lowerCase, requestHeaders, withHeaders } from '../provider/headers.ts';
import type { Wire } from '../provider/wire.ts';
import { readModels, secondsOf } from './model-list.ts';

const VERSION = ['anthropic-version', '2023-06-01'];
/** One page holds all that there are. */
const MODELS_MAX = 1000;

/** Anthropic's Messages API. `anthropic-beta` of the client and of the configuration add up. */
export function anthropicWire(config: Pick<ProviderConfig, 'id' | 'kind' | 'baseUrl' | 'headers'>): Wire {
  const { anthropicBeta, others } = configured(config.headers);
  return {
    request: (call, { model, apiKey, prefix }) => {
      if (call.path !== '/chat/completions') throw noEmbeddings(config.id);
      const own = [...credentials(keyFor(apiKey, call.credential)), ...VERSION, ...betas(call, anthropicBeta)];
      const maxOutputTokens = catalogueModel(config, model)?.maxOutputTokens;
      return {
        path: `${versioned(prefix)}/messages`,
        headers: withHeaders(requestHeaders(call, own), others),
        body: toAnthropicRequest(call.body, { model, maxOutputTokens }),
      };
    },
    reply: (call, model) =>
      anthropicReply({ model, stream: call.stream, includeUsage: call.stream && includesUsage(call.body) }),
    listing: {
      path: (prefix) => `${versioned(prefix)}/models?limit=${MODELS_MAX}`,
      headers: (apiKey) => ({
        ...Object.fromEntries(pairs([...credentials(apiKey), ...VERSION])),
        ...lowerCase(config.headers),
      }),
      read: (answer) =>
        readModels((answer as { data: unknown }).data, ({ id, created_at }) => ({
          id,
          created: secondsOf(created_at),
        })),
    },
  };
}

/** Anthropic's own SDKs take the base URL without its version. */
function versioned(prefix: string): string {
  return /\/v\d+$/.test(prefix) ? prefix : `${prefix}/v1`;
}

/** OAuth tokens go as a bearer's, keys in Anthropic's own header. */
function credentials(key: string | undefined): string[] {
  if (key === undefined) return [];
  return key.startsWith('sk-ant-oat') ? ['authorization', bearer(key)] : ['x-api-key', key];
}

function configured(headers: Readonly<Record<string, string>> | undefined) {
  const { 'anthropic-beta': anthropicBeta, ...others } = lowerCase(headers);
  return { anthropicBeta, others };
}

function betas(call: UpstreamCall, configuredBetas: string | undefined): string[] {
  const asked = [configuredBetas, call.headers['anthropic-beta']].filter((list) => list !== undefined && list !== '');
  return asked.length === 0 ? [] : ['anthropic-beta', asked.join(',')];
}

function* pairs(flat: readonly string[]): Generator<[string, string]> {
  for (let at = 0; at < flat.length; at += 2) yield [flat[at] as string, flat[at + 1] as string];
}

function noEmbeddings(provider: string): NearhitError {
  const message = `Provider ${provider}: Anthropic has no embeddings; ask for an embedding model of another provider.`;
  return new NearhitError('MODEL_NOT_FOUND', message, { param: 'model' });
}
