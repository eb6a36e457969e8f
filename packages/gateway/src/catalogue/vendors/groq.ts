import { type CatalogueVendor, entries } from '../types.ts';

const NONE = undefined;

export const GROQ: CatalogueVendor = {
  name: 'Groq',
  kind: 'openai',
  host: 'api.groq.com',
  asOf: '2026-05-20',
  source: 'https://console.groq.com/docs/models',
  models: entries([
    ['openai/gpt-oss-120b', 131_072, 65_536, 0.15, 0.075, 0.6],
    ['openai/gpt-oss-20b', 131_072, 65_536, 0.075, 0.0375, 0.3],
    ['llama-3.3-70b-versatile', 131_072, 32_768, 0.59, NONE, 0.79],
    ['llama-3.1-8b-instant', 131_072, 131_072, 0.05, NONE, 0.08],
    ['qwen/qwen3-32b', 131_072, 40_960, 0.29, NONE, 0.59],
  ]),
};
