import type { ProviderConfig, ProviderKind } from '../config.ts';
import type { Wire } from '../provider/wire.ts';
import { anthropicWire } from './anthropic.ts';
import { azureOpenAiWire } from './azure-openai.ts';
import { geminiWire } from './gemini.ts';
import { openAiWire } from './openai.ts';

const WIRES: Readonly<Record<Exclude<ProviderKind, 'demo'>, (config: ProviderConfig) => Wire>> = {
  openai: openAiWire,
  anthropic: anthropicWire,
  gemini: geminiWire,
  'azure-openai': azureOpenAiWire,
};

/** How this provider is spoken to. Throws TypeError when nobody here can. */
export function wireOf(config: ProviderConfig): Wire {
  const make = config.kind === 'demo' ? undefined : WIRES[config.kind];
  if (make === undefined) throw new TypeError(`providers of kind ${config.kind} are not supported`);
  return make(config);
}
