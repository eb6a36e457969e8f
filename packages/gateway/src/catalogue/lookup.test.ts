import { describe, expect, test } from '@jest/globals';
import { CATALOGUE, catalogueModel, catalogueModels } from './lookup.ts';

const OPENAI = { kind: 'openai', baseUrl: 'https://api.openai.com/v1' };
const ANTHROPIC = { kind: 'anthropic', baseUrl: 'http://proxy.internal/v1' };
const GEMINI = { kind: 'gemini', baseUrl: 'https://generativelanguage.googleapis.com/v1beta' };
const AZURE = { kind: 'azure-openai', baseUrl: 'https://team.openai.azure.com' };
const OPENROUTER = { kind: 'openai', baseUrl: 'https://openrouter.ai/api/v1' };

describe('looking up', () => {
  test.each([
    [OPENAI, 'gpt-4o', 2.5, 10],
    [OPENAI, 'gpt-4o-2024-08-06', 2.5, 10],
    [OPENAI, 'chatgpt-4o-latest', 2.5, 10],
    [ANTHROPIC, 'claude-opus-4-1-20250805', 15, 75],
    [ANTHROPIC, 'claude-opus-4-20250514', 15, 75],
    [ANTHROPIC, 'claude-3-5-haiku-latest', 0.8, 4],
    [GEMINI, 'models/gemini-2.5-flash', 0.3, 2.5],
    [GEMINI, 'gemini-2.5-flash-preview-09-2025', 0.3, 2.5],
    [GEMINI, 'gemini-2.0-flash-001', 0.1, 0.4],
    [AZURE, 'gpt-4o', 2.5, 10],
    [OPENROUTER, 'anthropic/claude-sonnet-4.5', 3, 15],
    [OPENROUTER, 'google/gemini-2.5-pro', 1.25, 10],
    [{ kind: 'openai', baseUrl: 'https://api.groq.com/openai/v1' }, 'llama-3.3-70b-versatile', 0.59, 0.79],
    [{ kind: 'openai', baseUrl: 'https://api.deepseek.com/v1' }, 'deepseek-chat', 0.15, 0.6],
  ])('%j has %s', (provider, model, inputUsdPerMTok, outputUsdPerMTok) => {
    expect(catalogueModel(provider, model)?.price).toMatchObject({ inputUsdPerMTok, outputUsdPerMTok });
  });

  test.each([
    [OPENAI, 'gpt-4'],
    [OPENAI, 'claude-opus-4-1'],
    [OPENAI, 'constructor'],
    [{ kind: 'openai', baseUrl: 'http://127.0.0.1:8000/v1' }, 'gpt-4o'],
    [{ kind: 'openai', baseUrl: 'https://api.openai.com.evil.example/v1' }, 'gpt-4o'],
    [{ kind: 'openai', baseUrl: '' }, 'gpt-4o'],
    [{ kind: 'demo', baseUrl: '' }, 'demo'],
    [AZURE, 'our-deployment'],
    [OPENROUTER, 'gpt-4o'],
    [OPENROUTER, 'constructor/x'],
  ])('%j has no %s that is known', (provider, model) => {
    expect(catalogueModel(provider, model)).toBeUndefined();
  });

  test('limits', () => {
    expect(catalogueModel(ANTHROPIC, 'claude-sonnet-4-5')).toMatchObject({
      contextTokens: 200_000,
      maxOutputTokens: 64_000,
    });
  });

  test('ids of a provider', () => {
    expect(catalogueModels(GEMINI)).toContain('gemini-2.5-pro');
    expect(catalogueModels({ kind: 'openai', baseUrl: 'https://api.x.ai/v1' })).toContain('grok-4.5');
    expect(catalogueModels({ kind: 'openai', baseUrl: 'http://127.0.0.1/v1' })).toEqual([]);
  });
});

describe.each(CATALOGUE.map((vendor) => [vendor.name, vendor] as const))('%s', (_name, vendor) => {
  test('is dated, and says where it comes from', () => {
    expect(vendor.asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(vendor.source).toMatch(/^https:\/\//);
    expect(vendor.models.length).toBeGreaterThan(0);
  });

  test('no name stands twice; prices and limits are plausible', () => {
    const names = vendor.models.flatMap(({ id, aliases }) => [id, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const { contextTokens, maxOutputTokens = 0, price } of vendor.models) {
      expect(contextTokens).toBeGreaterThanOrEqual(2_000);
      expect(maxOutputTokens).toBeLessThanOrEqual(contextTokens);
      expect(price.inputUsdPerMTok).toBeGreaterThan(0);
      expect(price.cachedInputUsdPerMTok ?? 0).toBeLessThan(price.inputUsdPerMTok);
      expect(price.outputUsdPerMTok).toBeLessThanOrEqual(100);
    }
  });
});
