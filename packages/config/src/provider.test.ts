import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { faults, load } from '../test/folder.ts';
import { PRESETS } from './presets.ts';

const provider = (fields: string) => load(`providers: [{ id: x, ${fields} }]`).providers[0];

describe('presets', () => {
  test.each(Object.entries(PRESETS))('%s fills kind and base URL', (preset, { kind, baseUrl }) => {
    expect(provider(`preset: ${preset}`)).toMatchObject({ id: 'x', kind, baseUrl, apiKeys: [], concurrencyMax: 200 });
  });

  test('what the file says wins over them', () => {
    expect(provider('preset: groq, baseUrl: http://127.0.0.1:9/v1, apiKeys: [k]')).toMatchObject({
      kind: 'openai',
      baseUrl: 'http://127.0.0.1:9/v1',
      apiKeys: ['k'],
    });
    expect(provider('preset: deepseek, kind: anthropic, baseUrl: https://api.deepseek.com/anthropic')).toMatchObject({
      kind: 'anthropic',
      baseUrl: 'https://api.deepseek.com/anthropic',
    });
  });

  test.each([
    ['grok', 'did you mean groq?'],
    ['mistrall', 'did you mean mistral?'],
    ['constructor', `known are ${Object.keys(PRESETS).join(', ')}`],
  ])('%s is none: %s', (preset, hint) => {
    expect(faults(`providers:\n  - { id: x, preset: ${preset} }`)).toEqual([
      `nearhit.yaml:2:22 providers[0].preset: there is no such preset; ${hint}`,
    ]);
  });
});

test.each(['admin', 'v1', 'dashboard', 'metrics', 'healthz', 'readyz'])('%s is no name for a provider', (id) => {
  expect(faults(`providers:\n  - kind: openai\n    id: ${id}`)).toEqual([
    `nearhit.yaml:3:9 providers[0].id: \`${id}\` is a path of nearhit's own, and /${id}/v1/... could not be this provider's; choose another id`,
  ]);
  expect(load(`providers: [{ id: ${id}-2 }]`).providers[0]?.id).toBe(`${id}-2`);
});

describe('kinds', () => {
  test.each([
    ['openai', 'https://api.openai.com/v1'],
    ['anthropic', 'https://api.anthropic.com/v1'],
    ['gemini', 'https://generativelanguage.googleapis.com/v1beta'],
  ])('%s has its own place', (kind, baseUrl) => {
    expect(provider(`kind: ${kind}`)).toMatchObject({ kind, baseUrl });
  });

  test('azure-openai is somewhere, under a version or under /openai/v1', () => {
    expect(faults('providers:\n  - { id: x, kind: azure-openai }')).toEqual([
      'nearhit.yaml:2:5 providers[0].baseUrl: azure-openai needs the URL of your resource, such as https://NAME.openai.azure.com/openai/v1',
    ]);
    expect(faults('providers:\n  - { id: x, kind: azure-openai, baseUrl: "https://n.openai.azure.com" }')).toEqual([
      'nearhit.yaml:2:5 providers[0].apiVersion: azure-openai needs an API version such as 2024-10-21 for this baseUrl; one that ends in /openai/v1 needs none',
    ]);
    expect(
      provider('kind: azure-openai, baseUrl: "https://n.openai.azure.com/openai/v1/"')?.apiVersion,
    ).toBeUndefined();
    expect(
      provider('kind: azure-openai, baseUrl: "https://n.openai.azure.com", apiVersion: "2024-10-21"'),
    ).toMatchObject({ apiVersion: '2024-10-21' });
  });
});

test('headers: a value of several lines is refused, and not shown', () => {
  const [fault] = faults('providers:\n  - { id: x, headers: { x-secret: "tok\\nen" } }');
  expect(fault).toBe(
    'nearhit.yaml:2:35 providers[0].headers.x-secret: expected the value of an HTTP header, in one line',
  );
  expect(provider('headers: { x-team: blue }')?.headers).toEqual({ 'x-team': 'blue' });
});

test.each(Object.entries(PRESETS))('docs/providers.md has preset %s', (preset, { kind, baseUrl }) => {
  const page = readFileSync(new URL('../../../docs/providers.md', import.meta.url), 'utf8');
  expect(page).toContain(`| \`${preset}\` | ${kind} | \`${baseUrl}\` |`);
});
