import type { ModelPrice } from '@nearhit/core';
import type { CatalogueEntry, CatalogueVendor } from './types.ts';
import { ANTHROPIC } from './vendors/anthropic.ts';
import { DEEPSEEK } from './vendors/deepseek.ts';
import { GEMINI } from './vendors/gemini.ts';
import { GROQ } from './vendors/groq.ts';
import { MISTRAL } from './vendors/mistral.ts';
import { OPENAI } from './vendors/openai.ts';
import { XAI } from './vendors/xai.ts';

/** Well-known models, with limits and prices. Dated per vendor; the configuration wins over it. */
export const CATALOGUE: readonly CatalogueVendor[] = [OPENAI, ANTHROPIC, GEMINI, DEEPSEEK, MISTRAL, GROQ, XAI];

/** What a provider is known by. */
export interface CatalogueProvider {
  readonly kind: string;
  readonly baseUrl: string;
}

export interface CatalogueModel {
  readonly contextTokens: number;
  readonly price: ModelPrice;
  readonly maxOutputTokens?: number | undefined;
}

/** `model`: the provider's name for it, a dated snapshot included. Undefined when the catalogue does not have it. */
export function catalogueModel(provider: CatalogueProvider, model: string): CatalogueModel | undefined {
  if (hostOf(provider.baseUrl) === OPENROUTER) return routed(model);
  return find(vendorOf(provider)?.models ?? [], model.replace(/^models\//, ''));
}

/** Ids that this provider is known to have, aliases left out; none where its list is not known. */
export function catalogueModels(provider: CatalogueProvider): string[] {
  return vendorOf(provider)?.models.map(({ id }) => id) ?? [];
}

const OPENROUTER = 'openrouter.ai';
/** OpenRouter charges what the vendor does, and puts the vendor before the name. */
const ROUTED: Readonly<Record<string, CatalogueVendor>> = {
  openai: OPENAI,
  anthropic: ANTHROPIC,
  google: GEMINI,
  deepseek: DEEPSEEK,
  mistralai: MISTRAL,
  'x-ai': XAI,
};

function routed(model: string): CatalogueModel | undefined {
  const slash = model.indexOf('/');
  const name = slash < 0 ? '' : model.slice(0, slash);
  const vendor = Object.hasOwn(ROUTED, name) ? ROUTED[name] : undefined;
  if (vendor === undefined) return undefined;
  const id = model.slice(slash + 1);
  return find(vendor.models, id) ?? find(vendor.models, id.replaceAll('.', '-'));
}

/**
 * By its dialect where one vendor speaks it, by its host where many do: a model behind a proxy or on a machine of one's
 * own costs what its owner says. Azure charges OpenAI's prices, and its deployments are often named after the model.
 */
function vendorOf({ kind, baseUrl }: CatalogueProvider): CatalogueVendor | undefined {
  if (kind === 'azure-openai') return OPENAI;
  const host = hostOf(baseUrl);
  return CATALOGUE.find((vendor) => vendor.kind === kind && (kind !== 'openai' || vendor.host === host));
}

function hostOf(baseUrl: string): string {
  return URL.canParse(baseUrl) ? new URL(baseUrl).hostname : '';
}

/** `-2024-08-06`, `-20250805`, `-preview-09-2025`, `-001`, `-latest`, `-preview`. */
const SNAPSHOT = /-(?:\d{4}-\d{2}-\d{2}|\d{8}|\d{3}|latest|preview(?:-\d{2}-\d{2,4})?)$/;

function find(models: readonly CatalogueEntry[], name: string): CatalogueEntry | undefined {
  const named = (id: string) => models.find((model) => model.id === id || model.aliases.includes(id));
  return named(name) ?? (SNAPSHOT.test(name) ? named(name.replace(SNAPSHOT, '')) : undefined);
}
