import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { createMemoryNetwork, NearhitError, type PairNetwork, type TextPair } from '@nearhit/core';
import fc from 'fast-check';
import { type Joint, loadJoint, loadVerifier, verifierDir } from './index.ts';

const JOINT: Joint = {
  version: 'j1',
  fusion: {
    asked: { trees: 0.7, network: 0.5, intercept: -0.25 },
    stated: { trees: 0.4, network: 0.9, intercept: 0.5 },
  },
  grey: { from: 0.2, to: 0.98 },
  tokensMax: 64,
};
const alone = loadVerifier();
const withNetwork = (network: PairNetwork, joint: Joint = JOINT) => loadVerifier({ second: { joint, network } });
const says = (logit: number | undefined): PairNetwork & { asked: TextPair[] } => {
  const asked: TextPair[] = [];
  const score = async (pairs: readonly TextPair[]) => {
    asked.push(...pairs);
    return pairs.map(() => logit);
  };
  return { version: 'j1', asked, score };
};
const failing = (error: Error): PairNetwork => ({ version: 'j1', score: () => Promise.reject(error) });
const busy = new NearhitError('EMBEDDER_BUSY', 'busy');

/** About 0.6 by the trees. */
const DOUBTFUL = { a: 'How do I train a puppy to swim?', b: 'How can I train my puppy to swim?', similarity: 0.93 };
const STATED = { a: 'A man plays a flute', b: 'One man is playing the flute', similarity: 0.93 };
const SAME = { a: 'What causes thunder?', b: 'what causes thunder', similarity: 1 };
const FAR = { a: 'Who wrote Hamlet?', b: 'Which plants live in caves?', similarity: 0.3 };
const logit = (p: number) => Math.log(p / (1 - p));
const everywhere = { ...JOINT, grey: { from: 0, to: 1 } };

describe('a second opinion', () => {
  test('names itself in the version, and is fused with the trees in logits, questions and statements apart', async () => {
    const verifier = withNetwork(says(1.5), everywhere);
    expect(verifier.version).toBe(`${alone.version}+j1`);
    for (const [pair, style] of [
      [DOUBTFUL, 'asked'],
      [STATED, 'stated'],
    ] as const) {
      const [judged] = await verifier.verify([pair]);
      expect(judged?.network).toEqual({ logit: 1.5 });
      const { trees, network, intercept } = JOINT.fusion[style];
      expect(logit(judged?.probability ?? 0)).toBeCloseTo(
        trees * logit(alone.probability(pair)) + network * 1.5 + intercept,
        9,
      );
    }
  });

  test('is asked once about all pairs in doubt, and about no other', async () => {
    const network = createMemoryNetwork('j1');
    const doubts = [DOUBTFUL, { ...DOUBTFUL, b: 'How should I train a puppy to swim?' }];
    const judged = await withNetwork(network, everywhere).verify([SAME, doubts[0], FAR, doubts[1]] as (typeof SAME)[]);
    expect(network.calls).toHaveLength(1);
    expect(network.calls[0]?.map(({ b }) => b)).toEqual(doubts.map(({ b }) => b));
    expect(judged.map((one) => one.network !== undefined)).toEqual([false, true, false, true]);
    expect([judged[0]?.probability, judged[2]?.probability]).toEqual([0.999, 0]);
  });

  test('outside the grey zone the trees are sure', async () => {
    const p = alone.probability(DOUBTFUL);
    for (const grey of [
      { from: 0, to: p - 0.001 },
      { from: p + 0.001, to: 1 },
    ]) {
      const network = says(9);
      const verifier = withNetwork(network, { ...JOINT, grey });
      expect(await verifier.verify([DOUBTFUL])).toEqual([{ probability: p, network: { silent: 'sure' } }]);
      expect(network.asked).toEqual([]);
    }
  });

  test.each([
    'Tôi có thể đổi mật khẩu không?',
    'Wie ändere ich mein Passwort?',
    'cafe\u0301 near me?',
    'Как сменить пароль?',
    'how do I train a puppy 🐶?',
  ])('it can not read: %s', async (b) => {
    const network = says(9);
    const verifier = withNetwork(network, everywhere);
    const pair = { ...DOUBTFUL, b };
    const [judged] = await verifier.verify([pair]);
    expect(judged).toEqual({ probability: alone.probability(pair), network: { silent: 'script' } });
    expect(network.asked).toEqual([]);
  });

  test.each<[string, PairNetwork]>([
    ['late', failing(busy)],
    ['failed', failing(new Error('broken'))],
    ['failed', says(Number.NaN)],
    ['failed', says(Number.POSITIVE_INFINITY)],
    ['long', says(undefined)],
    ['absent', { ...says(1), version: undefined }],
    ['absent', { ...says(1), version: 'j2' }],
  ])('where it is %s the trees decide alone, and it is counted', async (why, network) => {
    const verifier = withNetwork(network, everywhere);
    expect(await verifier.verify([DOUBTFUL])).toEqual([
      { probability: alone.probability(DOUBTFUL), network: { silent: why } },
    ]);
    expect(verifier.networkCounts).toMatchObject({ heard: 0, [why]: 1 });
  });

  test('one that never answers is late at the deadline', async () => {
    const network: PairNetwork = { version: 'j1', score: () => new Promise(() => {}) };
    for (const deadlineMs of [Date.now() + 20, Date.now() - 1, Number.NaN]) {
      const [judged] = await withNetwork(network, everywhere).verify([DOUBTFUL], { deadlineMs });
      expect(judged).toEqual({ probability: alone.probability(DOUBTFUL), network: { silent: 'late' } });
    }
  });

  test('what was heard before counts, and nobody is asked', async () => {
    const network = says(9);
    const verifier = withNetwork(network, everywhere);
    const [fresh] = await withNetwork(says(-2), everywhere).verify([DOUBTFUL]);
    const [again] = await verifier.verify([{ ...DOUBTFUL, heard: { logit: -2 } }]);
    expect(again).toEqual(fresh);
    const [silent] = await verifier.verify([{ ...DOUBTFUL, heard: { silent: 'late' } }]);
    expect(silent).toEqual({ probability: alone.probability(DOUBTFUL), network: { silent: 'late' } });
    expect(network.asked).toEqual([]);
  });

  test('explains itself with the network’s word, and says the same', async () => {
    const verifier = withNetwork(says(1.5), everywhere);
    const [judged] = await verifier.verify([DOUBTFUL]);
    expect(await verifier.explain(DOUBTFUL)).toMatchObject({ ...judged, network: { logit: 1.5 } });
    expect(await verifier.explain(SAME)).toEqual({ probability: 0.999, rule: 'same-text', features: [] });
  });

  test('says the same in both directions, of whatever texts', async () => {
    const verifier = withNetwork(createMemoryNetwork('j1'), everywhere);
    const text = fc.oneof(fc.lorem({ maxCount: 12 }), fc.string({ unit: 'binary' }), fc.constant(DOUBTFUL.a));
    await fc.assert(
      fc.asyncProperty(text, text, fc.double(), async (a, b, similarity) => {
        const [[there], [back]] = await Promise.all([
          verifier.verify([{ a, b, similarity }]),
          verifier.verify([{ a: b, b: a, similarity }]),
        ]);
        expect(there).toEqual(back);
        expect(there && there.probability >= 0 && there.probability <= 1).toBe(true);
      }),
    );
  });

  test.each([
    ['a'.repeat(100_000), 'b'.repeat(100_000)],
    ['word '.repeat(20_000), 'word '.repeat(19_999)],
    ['\u0000', '\u0000\u0000'],
    ['', 'x'],
  ])('%#: what can not be weighed is not asked about', async (a, b) => {
    const network = says(9);
    const [judged] = await withNetwork(network, everywhere).verify([{ a, b, similarity: 0.99 }]);
    expect([judged?.probability, network.asked]).toEqual([0, []]);
  });
});

describe('the description of a network', () => {
  const dirs: string[] = [];
  afterAll(() => {
    for (const dir of dirs) rmSync(dir, { recursive: true });
  });
  const folder = (json: unknown, onnx = true) => {
    const dir = mkdtempSync(join(tmpdir(), 'nearhit-joint-'));
    dirs.push(dir);
    cpSync(join(verifierDir, 'prior.json'), join(dir, 'prior.json'));
    if (json !== undefined) writeFileSync(join(dir, 'joint.json'), JSON.stringify(json));
    if (onnx) writeFileSync(join(dir, 'joint.onnx'), '');
    return dir;
  };

  test('comes with where the weights are; without either file there is none', () => {
    const dir = folder(JOINT);
    expect(loadJoint(dir)).toEqual({ ...JOINT, file: join(dir, 'joint.onnx') });
    expect([loadJoint(folder(undefined)), loadJoint(folder(JOINT, false))]).toEqual([undefined, undefined]);
  });

  test.each([
    ['version', { ...JOINT, version: '' }],
    ['fusion', { ...JOINT, fusion: { ...JOINT.fusion, asked: { ...JOINT.fusion.asked, network: -1 } } }],
    ['from', { ...JOINT, grey: { from: 0.9, to: 0.2 } }],
    ['tokensMax', { ...JOINT, tokensMax: 0 }],
  ])('a bad one is refused: %s', (_, json) => {
    const dir = folder(json);
    expect(() => loadJoint(dir)).toThrow(`cannot load the verifier's ${join(dir, 'joint.json')}`);
  });
});
