import { describe, expect, test } from '@jest/globals';
import { createMemoryNetwork } from '@nearhit/core';
import { pairNetworkConformance } from '@nearhit/core/conformance/pair-network';
import { memoizeNetwork } from './network-memo.ts';

// The deadline of what is remembered is never missed: fresh texts each time.
pairNetworkConformance('memo', async () => ({
  network: memoizeNetwork(createMemoryNetwork(), { entriesMax: 1 }),
  close: async () => {},
}));

const one = { a: 'a cat', b: 'a dog' };
const other = { a: 'a cat', b: 'the stock market' };

describe('memoizeNetwork', () => {
  test('asks once about a pair, whichever way round, and only about what is new', async () => {
    const network = createMemoryNetwork();
    const memo = memoizeNetwork(network);
    const [first] = await memo.score([one]);
    expect(await memo.score([{ a: one.b, b: one.a }, other])).toEqual([first, (await network.score([other]))[0]]);
    expect(await memo.score([one, other])).toHaveLength(2);
    expect(network.calls.slice(0, 2)).toEqual([[one], [other]]);
    expect(network.calls).toHaveLength(3);
  });

  test('remembers that nothing is said of a pair', async () => {
    const network = createMemoryNetwork();
    const memo = memoizeNetwork(network);
    const long = { a: 'word '.repeat(100), b: 'a cat' };
    expect([await memo.score([long]), await memo.score([long]), network.calls.length]).toEqual([
      [undefined],
      [undefined],
      1,
    ]);
  });

  test('what another version said does not count, nor what failed', async () => {
    const network = createMemoryNetwork('v1');
    const memo = memoizeNetwork(network);
    await memo.score([one]);
    network.version = undefined;
    await expect(memo.score([one])).rejects.toMatchObject({ kind: 'EMBEDDER_BUSY' });
    network.version = 'v2';
    await memo.score([one]);
    expect([memo.version, network.calls.length]).toEqual(['v2', 2]);
  });

  test('forgets the pairs that were not asked about for longest', async () => {
    const network = createMemoryNetwork();
    const memo = memoizeNetwork(network, { entriesMax: 1 });
    for (const pair of [one, other, one]) await memo.score([pair]);
    expect(network.calls).toHaveLength(3);
  });
});
