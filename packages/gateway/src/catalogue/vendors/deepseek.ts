import { type CatalogueVendor, entries } from '../types.ts';

/** At peak hours (01:00-04:00 and 06:00-10:00 UTC on working days in China) everything costs twice as much. */
export const DEEPSEEK: CatalogueVendor = {
  name: 'DeepSeek',
  kind: 'openai',
  host: 'api.deepseek.com',
  asOf: '2026-10-27',
  source: 'https://api-docs.deepseek.com/quick_start/pricing',
  models: entries([
    [
      ...(['deepseek-flash', 1_000_000, 384_000, 0.15, 0.003, 0.6] as const),
      ['deepseek-v4-flash', 'deepseek-chat', 'deepseek-reasoner'],
    ],
    ['deepseek-v4-pro', 1_000_000, 384_000, 0.66, 0.022, 1.98],
  ]),
};
