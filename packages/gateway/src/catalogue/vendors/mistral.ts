import { type CatalogueVendor, entries } from '../types.ts';

const NONE = undefined;

export const MISTRAL: CatalogueVendor = {
  name: 'Mistral',
  kind: 'openai',
  host: 'api.mistral.ai',
  asOf: '2026-10-31',
  source: 'https://mistral.ai/pricing',
  models: entries([
    ['mistral-large-4', 1_048_576, NONE, 0.68, NONE, 2.09, ['mistral-large-4-0', 'mistral-large-latest']],
    ['mistral-medium-3-5', 262_144, NONE, 1.5, NONE, 7.5, ['mistral-medium-3.5', 'mistral-medium-latest']],
    ['mistral-medium-2508', 131_072, NONE, 0.4, NONE, 2],
    ['magistral-medium', 131_072, NONE, 2, NONE, 5],
    ['codestral', 262_144, NONE, 0.3, NONE, 0.9, ['codestral-2508']],
    ['mistral-small', 131_072, NONE, 0.1, NONE, 0.3, ['mistral-small-2506']],
    ['ministral-8b', 131_072, NONE, 0.1, NONE, 0.1],
    ['ministral-3b', 131_072, NONE, 0.04, NONE, 0.04],
    ['open-mistral-nemo', 131_072, NONE, 0.15, NONE, 0.15],
    ['mistral-embed', 8_192, NONE, 0.1, NONE, 0],
  ]),
};
