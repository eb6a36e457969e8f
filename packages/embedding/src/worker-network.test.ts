import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { pairNetworkConformance } from '@nearhit/core/conformance/pair-network';
import { modelDir } from '@nearhit/model-minilm';
import fc from 'fast-check';
import { testNetwork } from './joint-fixture.ts';
import { type EmbedderOptions, type LocalEmbedder, openEmbedder } from './open-embedder.ts';
import { openTripwire, outcome, until } from './tripwire.ts';

async function opened(options: EmbedderOptions = {}) {
  const embedder = await openEmbedder({ network: testNetwork, ...options });
  const { network } = embedder;
  if (network === undefined) throw new Error('no network');
  return { network, close: () => embedder.close() };
}

pairNetworkConformance('two worker threads', () => opened({ threads: 2 }));

describe('beside a network', () => {
  let halved: LocalEmbedder;
  beforeAll(async () => {
    halved = await openEmbedder({ network: testNetwork });
  });
  afterAll(() => halved.close());

  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  const keep = async (opening: Promise<LocalEmbedder>) => {
    const embedder = await opening;
    closers.push(() => embedder.close());
    return embedder;
  };

  test('vectors and version are those of the model whole, bit for bit', async () => {
    const whole = await keep(openEmbedder());
    expect(halved.model).toEqual(whole.model);
    expect(whole.network).toBeUndefined();
    const text = fc.oneof(
      fc.lorem({ maxCount: 60 }),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom('', 'How do I reset my password?', 'word '.repeat(254), 'word '.repeat(2000)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 5 }), async (texts) => {
        expect(await halved.embed(texts)).toEqual(await whole.embed(texts));
      }),
      { numRuns: 40 },
    );
  });

  test('a text is read the same whether it was embedded before or not', async () => {
    const pairs = [{ a: 'Can I bring my dog?', b: 'Are dogs allowed to come along?' }];
    const fresh = await keep(openEmbedder({ network: testNetwork }));
    await halved.embed(['Are dogs allowed to come along?', 'Can I bring my dog?']);
    const logits = await halved.network?.score(pairs);
    expect(logits).toEqual([expect.any(Number)]);
    expect(logits).toEqual(await fresh.network?.score(pairs));
  });

  test('what it says is what fixtures/joint-test.py says', async () => {
    const { network } = halved;
    const asked = 'Which rivers flow through Vienna?';
    const logits = await network?.score([asked, 'How do I bake bread without yeast?'].map((b) => ({ a: asked, b })));
    // Equal texts are 0 apart: the intercept is left, and the lean.
    expect(logits).toEqual([expect.closeTo(4, 1), expect.any(Number)]);
    expect(logits?.[1]).toBeLessThan(logits?.[0] ?? 0);
  });

  test('a text of more tokens than it reads is left out, one that just fits is not', async () => {
    const { network } = await keep(openEmbedder({ network: { ...testNetwork, tokensMax: 8 } }));
    const b = 'a cat';
    const logits = await network?.score([
      { a: 'one two three four five six', b },
      { a: 'one two three four five six seven', b },
    ]);
    expect(logits?.map((logit) => logit === undefined)).toEqual([false, true]);
  });

  test('with another model there is none', async () => {
    const embedder = await keep(openEmbedder({ modelDir, network: testNetwork }));
    expect(embedder.network).toBeUndefined();
  });

  test.each([
    ['missing', undefined],
    ['no ONNX', Buffer.from('not a network')],
    ['empty', Buffer.alloc(0)],
  ])('a file that is %s is told of, and done without', async (_, bytes) => {
    const dir = mkdtempSync(join(tmpdir(), 'nearhit-network-'));
    try {
      const file = join(dir, 'joint.onnx');
      if (bytes !== undefined) writeFileSync(file, bytes);
      const faults: string[] = [];
      const onNetworkFault = (fault: string) => void faults.push(fault);
      const embedder = await keep(openEmbedder({ network: { ...testNetwork, file }, onNetworkFault }));
      expect(embedder.network).toBeUndefined();
      expect(faults).toEqual([expect.stringMatching(/^cannot load the network .*joint\.onnx/)]);
      expect(await embedder.embed(['still embeds'])).toHaveLength(1);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test('a model of other inputs is refused', async () => {
    const file = join(modelDir, 'onnx/model_int8.onnx');
    const faults: string[] = [];
    const onNetworkFault = (fault: string) => void faults.push(fault);
    const embedder = await keep(openEmbedder({ network: { ...testNetwork, file }, onNetworkFault }));
    expect([embedder.network, faults[0]]).toEqual([undefined, expect.stringContaining('expected inputs a and b')]);
  });
});

describe('a worker in trouble', () => {
  const open = () => openTripwire({ network: testNetwork });
  const score = (embedder: LocalEmbedder, a: string, deadlineMs?: number) =>
    outcome(embedder.network?.score([{ a, b: 'a cat' }], { deadlineMs }) ?? Promise.reject(new Error('no network')));

  test('that is busy with something longer is late, and on time again afterwards', async () => {
    const { embedder, close } = await open();
    try {
      const slow = embedder.embed(['sleep 400']);
      expect(await score(embedder, 'a dog', Date.now() + 40)).toBe('EMBEDDER_BUSY');
      await slow;
      expect(await score(embedder, 'a dog')).toBe('answered');
    } finally {
      await close();
    }
  });

  test('that ends answers busy, and scores again once it is back', async () => {
    const { embedder, close } = await open();
    try {
      expect(await score(embedder, 'exit')).toBe('EMBEDDER_BUSY');
      await until(async () => (await score(embedder, 'a dog')) === 'answered');
    } finally {
      await close();
    }
  });

  test('closing answers what waits', async () => {
    const { embedder, close } = await open();
    const waiting = Array.from({ length: 30 }, (_, i) => score(embedder, `a dog ${i}`));
    await close();
    for (const told of await Promise.all(waiting)) expect(['answered', 'SHUTTING_DOWN']).toContain(told);
    expect(await score(embedder, 'after')).toBe('SHUTTING_DOWN');
  });
});
