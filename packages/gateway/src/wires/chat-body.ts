import type { UpstreamCall } from '@nearhit/core';
import { chatTraits, plainChat } from '@nearhit/dialects';
import { renameModel } from './rename-model.ts';

/**
 * For a provider that speaks chat completions. What a client wrote goes as it is, but for another name of the model; what
 * was made here of another API's request is put as this server takes it. Throws INVALID_REQUEST on what it has nothing for.
 */
export function chatBody(call: UpstreamCall, model: string, baseUrl: string): Buffer {
  if (call.madeOf !== undefined) return plainChat(call.body, model, chatTraits(baseUrl, model));
  return model === call.model ? call.body : renameModel(call.body, model);
}
