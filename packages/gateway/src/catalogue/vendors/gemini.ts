import { type CatalogueVendor, entries } from '../types.ts';

const NONE = undefined;

export const GEMINI: CatalogueVendor = {
  name: 'Google',
  kind: 'gemini',
  host: 'generativelanguage.googleapis.com',
  asOf: '2026-10-31',
  source: 'https://ai.google.dev/gemini-api/docs/pricing',
  models: entries([
    ['gemini-4-neon', 1_048_576, 65_536, 3, 0.15, 15],
    ['gemini-4-hydrogen', 1_048_576, 65_536, 1.5, 0.075, 7.5],
    ['gemini-3.8-flash', 1_048_576, 65_536, 0.75, 0.075, 3.75],
    ['gemini-3.6-flash', 1_048_576, 65_536, 0.75, 0.075, 3.75],
    ['gemini-3.1-pro', 1_048_576, 65_536, 2, 0.2, 12, ['gemini-3.1-pro-preview', 'gemini-3-pro-preview']],
    ['gemini-3.1-flash-lite', 1_048_576, 65_536, 0.25, 0.025, 1.5],
    ['gemini-3-flash', 1_048_576, 65_536, 0.5, 0.05, 3],
    ['gemini-2.5-pro', 1_048_576, 65_536, 1.25, 0.125, 10],
    ['gemini-2.5-flash', 1_048_576, 65_536, 0.3, 0.03, 2.5],
    ['gemini-2.5-flash-lite', 1_048_576, 65_536, 0.1, 0.01, 0.4],
    ['gemini-2.0-flash', 1_048_576, 8_192, 0.1, 0.025, 0.4],
    ['gemini-embedding-001', 2_048, NONE, 0.15, NONE, 0],
  ]),
};
