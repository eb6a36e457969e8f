import { z } from 'zod';
import { nearestOf } from './nearest.ts';
import { PRESETS, type PresetName } from './presets.ts';
import { milliseconds } from './units.ts';

const PROVIDER_KINDS = ['openai', 'demo', 'anthropic', 'gemini', 'azure-openai'] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

/** Where a provider of a kind is, unless it says so. Azure's is everybody's own. */
const BASE_URLS: Readonly<Record<Exclude<ProviderKind, 'azure-openai'>, string>> = {
  openai: 'https://api.openai.com/v1',
  anthropic: 'https://api.anthropic.com/v1',
  gemini: 'https://generativelanguage.googleapis.com/v1beta',
  demo: 'https://api.openai.com/v1',
};

const timeoutsSchema = z.strictObject({
  connect: milliseconds.default(2_000).describe('Until connected.'),
  firstByte: milliseconds.default(30_000).describe('From the request sent to the first byte of the answer.'),
  idle: milliseconds.default(30_000).describe('Longest silence within an answer.'),
  total: milliseconds.default(300_000).describe('The whole reply: waiting, retries and other targets included.'),
});

const fields = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/)
    .superRefine(refuse(idFault))
    .meta({ expected: '1 to 64 of the characters A-Z a-z 0-9 . _ -' })
    .describe('Unique.'),
  preset: z
    .string()
    .superRefine(refuse(presetFault))
    .optional()
    .describe('Fills kind and baseUrl: groq, mistral, ollama ...'),
  kind: z.enum(PROVIDER_KINDS).optional().describe("What it speaks. Absent: the preset's, else openai."),
  baseUrl: z.string().superRefine(refuse(baseUrlFault)).optional().describe("Absent: the vendor's own."),
  apiKeys: z
    .array(z.string())
    .transform((keys) => keys.filter((key) => key !== ''))
    .default([])
    .describe("Taken in turn, around limited ones. None: the client's own key is passed on."),
  timeoutsMs: timeoutsSchema.prefault({}),
  concurrencyMax: z.int().min(1).max(10_000).default(200).describe('Calls at once; more wait their turn.'),
  apiVersion: z.string().min(1).max(64).optional().describe('Of azure-openai.'),
  headers: z
    .record(
      z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/),
      z
        .string()
        .regex(/^[\t\x20-\x7e\x80-\xff]{0,8192}$/)
        .meta({ expected: 'the value of an HTTP header, in one line' }),
    )
    .optional()
    .describe("Sent with every call; they win over the client's."),
});

/** What stands in the file over what its preset and its kind bring along. */
export const providerSchema = fields.superRefine(azureFaults).transform((provider) => {
  const preset = presetOf(provider.preset);
  const kind = provider.kind ?? preset?.kind ?? 'openai';
  const baseUrl = provider.baseUrl ?? preset?.baseUrl ?? (kind === 'azure-openai' ? '' : BASE_URLS[kind]);
  return { ...provider, kind, baseUrl };
});

export type ProviderInput = z.input<typeof providerSchema>;
export type Provider = z.output<typeof providerSchema>;

function presetOf(name: string | undefined) {
  return name !== undefined && Object.hasOwn(PRESETS, name) ? PRESETS[name as PresetName] : undefined;
}

function refuse(faultOf: (value: string) => string | undefined) {
  return (value: string, context: z.RefinementCtx<string>) => {
    const message = faultOf(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}

/** What a URL of nearhit's own begins with: `/{provider}/v1/...` would never be reached, or be taken for it. */
const OWN_PATHS: readonly string[] = ['admin', 'v1', 'dashboard', 'metrics', 'healthz', 'readyz'];

function idFault(id: string): string | undefined {
  if (!OWN_PATHS.includes(id)) return undefined;
  return `\`${id}\` is a path of nearhit's own, and /${id}/v1/... could not be this provider's; choose another id`;
}

function presetFault(name: string): string | undefined {
  if (presetOf(name) !== undefined) return undefined;
  const known = Object.keys(PRESETS);
  const nearest = nearestOf(name, known);
  const hint = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean ${nearest}?`;
  return `there is no such preset; ${hint}`;
}

function baseUrlFault(value: string): string | undefined {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return 'expected a URL such as https://api.openai.com/v1';
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'expected a URL with http:// or https://';
  if (url.username !== '' || url.password !== '') return 'a URL must not carry a user name or password; use apiKeys';
  if (url.search !== '' || url.hash !== '') return 'a base URL must not carry a query or a fragment';
  return undefined;
}

function azureFaults({ kind, baseUrl, apiVersion }: z.output<typeof fields>, context: z.RefinementCtx): void {
  if (kind !== 'azure-openai') return;
  if (baseUrl === undefined) {
    const message = 'azure-openai needs the URL of your resource, such as https://NAME.openai.azure.com/openai/v1';
    context.addIssue({ code: 'custom', path: ['baseUrl'], message });
  } else if (apiVersion === undefined && !/\/v1\/*$/.test(baseUrl)) {
    const message =
      'azure-openai needs an API version such as 2024-10-21 for this baseUrl; one that ends in /openai/v1 needs none';
    context.addIssue({ code: 'custom', path: ['apiVersion'], message });
  }
}
