import { type CatalogueVendor, entries } from '../types.ts';

const NONE = undefined;

export const XAI: CatalogueVendor = {
  name: 'xAI',
  kind: 'openai',
  host: 'api.x.ai',
  asOf: '2026-08-13',
  source: 'https://docs.x.ai/developers/models',
  models: entries([
    ['grok-4.6', 500_000, NONE, 2, 0.5, 6],
    ['grok-4.5', 500_000, NONE, 2, 0.5, 6],
    ['grok-4.3', 1_000_000, NONE, 1.25, 0.2, 2.5],
    [
      ...(['grok-4.20', 1_000_000, NONE, 1.25, 0.2, 2.5] as const),
      ['grok-4.20-0309-reasoning', 'grok-4.20-0309-non-reasoning'],
    ],
    ['grok-4', 256_000, NONE, 3, 0.75, 15, ['grok-4-0709']],
    ['grok-build-0.1', 256_000, NONE, 1, NONE, 2],
  ]),
};
