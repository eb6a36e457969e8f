import { expect, test } from '@jest/globals';
import type { Entry } from '../entry.ts';
import { embedded } from './embedded.ts';

const stored = (id: string, embeddingModel?: string) => ({ id, embeddingModel }) as unknown as Entry;

/** One listing after the other, the last one for ever. */
function house(listings: readonly (readonly Entry[])[], { version = 'v1', away = false } = {}) {
  const looked = { times: 0 };
  const deps = {
    upkeep: {
      unembedded: async () => [...(listings[Math.min(looked.times++, listings.length - 1)] as readonly Entry[])],
    },
    embedder: {
      model: { id: 'm', version, dimensions: 1, tokensMax: 1 },
      embed: async () => (away ? Promise.reject(new Error('away')) : []),
    },
  };
  return { deps, looked };
}

test('waits for what had no vector when it was asked, not for what comes later', async () => {
  const [a, b, later] = [stored('a'), stored('b'), stored('later')];
  const { deps, looked } = house([[a, b], [b, later], [later]]);
  expect(await embedded(deps)).toBe(true);
  expect(looked.times).toBe(3);
});

test.each([
  ['nothing lacks a vector', [], {}],
  ['it has one of another model', [stored('a', 'v0')], {}],
  ['the model is not known yet', [stored('a')], { version: '' }],
])('does not wait when %s', async (_name, listing, options) => {
  expect(await embedded(house([listing], options).deps)).toBe(false);
});

test('does not wait for an embedder that is away', async () => {
  expect(await embedded(house([[stored('a')]], { away: true }).deps)).toBe(true);
});

test('asks the embedder itself, whatever is remembered of it', async () => {
  const { deps } = house([[stored('a')], [stored('a')], []]);
  const asked: string[] = [];
  const embed = async (texts: readonly string[]) => {
    asked.push(...texts);
    return [];
  };
  await embedded({ ...deps, embedder: { ...deps.embedder, embed } });
  expect(new Set(asked).size).toBe(2);
});

test('gives up at the deadline', async () => {
  await expect(embedded(house([[stored('a')]]).deps, Date.now() + 60)).rejects.toMatchObject({
    kind: 'FLUSH_TIMEOUT',
    message: 'Everything is stored; 1 answers still wait for a vector.',
  });
});
