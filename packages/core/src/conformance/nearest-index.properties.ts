import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { IndexChange, NearestIndex } from '../ports/nearest-index.ts';
import { MemoryNearestIndex } from '../store/memory-nearest-index.ts';
import {
  add,
  DIMENSIONS,
  F1,
  F2,
  type NearestIndexTraits,
  P1,
  P2,
  remove,
  unitVector,
} from './nearest-index.samples.ts';

type Step =
  | { readonly do: 'add'; readonly name: number; readonly seed: number; readonly place: number }
  | { readonly do: 'remove'; readonly name: number }
  | { readonly do: 'ask'; readonly seed: number; readonly place: number; readonly k: number }
  | { readonly do: 'snapshot' }
  | { readonly do: 'reopen' };

const places = [
  [P1, F1],
  [P1, F2],
  [P2, F1],
] as const;
const placeAt = (at: number) => places[at] ?? places[0];
const place = fc.integer({ min: 0, max: places.length - 1 });
const someName = fc.integer({ min: 0, max: 60 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('add' as const), name: someName, seed: fc.nat(500), place }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('remove' as const), name: someName }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      seed: fc.nat(500),
      place,
      k: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'snapshot' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
);

export function nearestIndexProperties(
  start: (dimensions: number, at: string) => Promise<NearestIndex>,
  { persistent = false, missShareMax = 0 }: NearestIndexTraits,
): void {
  test('any sequence of changes, snapshots and restarts leaves what the memory index holds', async () => {
    const tally = { asked: 0, missed: 0 };
    const dirs: string[] = [];
    const run = async (steps: readonly Step[]) => {
      const dir = mkdtempSync(join(tmpdir(), 'nearhit-index-'));
      dirs.push(dir);
      const twin = new Twin(() => start(DIMENSIONS, dir), persistent, tally);
      await twin.run(steps);
    };
    try {
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 160, size: 'max' }), run), {
        numRuns: persistent ? 6 : 100,
      });
    } finally {
      for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
    }
    expect(tally.asked).toBeGreaterThan(20);
    expect(tally.missed).toBeLessThanOrEqual(missShareMax * tally.asked);
  }, 120_000);
}

/** An index and the memory index led through the same steps. */
class Twin {
  readonly #open: () => Promise<NearestIndex>;
  readonly #persistent: boolean;
  readonly #tally: { asked: number; missed: number };
  readonly #log: IndexChange[] = [];
  #model = new MemoryNearestIndex({ dimensions: DIMENSIONS });
  #snapshotSeq = 0;

  constructor(open: () => Promise<NearestIndex>, persistent: boolean, tally: { asked: number; missed: number }) {
    this.#open = open;
    this.#persistent = persistent;
    this.#tally = tally;
  }

  async run(steps: readonly Step[]): Promise<void> {
    let index = await this.#open();
    for (const next of steps) {
      if (next.do === 'reopen' && this.#persistent) {
        await index.close();
        index = await this.#open();
        await this.#rewind();
        expect(await index.position()).toBe(this.#snapshotSeq);
      } else await this.#step(index, next);
    }
    expect((await index.ids()).sort()).toEqual((await this.#model.ids()).sort());
    const { vectors, partitions } = await this.#model.stats();
    expect(await index.stats()).toMatchObject({ vectors, partitions });
    await index.close();
  }

  async #step(index: NearestIndex, next: Step): Promise<void> {
    if (next.do === 'snapshot') {
      this.#snapshotSeq = this.#log.length;
      expect(await index.snapshot()).toBe(this.#snapshotSeq);
    } else if (next.do === 'ask') {
      await this.#ask(index, next);
    } else if (next.do !== 'reopen') {
      const change =
        next.do === 'add' ? add(next.name, unitVector(next.seed), ...placeAt(next.place)) : remove(next.name);
      this.#log.push(change);
      await index.apply([change], this.#log.length);
      await this.#model.apply([change], this.#log.length);
    }
  }

  async #rewind(): Promise<void> {
    this.#log.length = this.#snapshotSeq;
    this.#model = new MemoryNearestIndex({ dimensions: DIMENSIONS });
    await this.#model.apply(this.#log, this.#snapshotSeq);
  }

  async #ask(index: NearestIndex, { seed, place: at, k }: Step & { do: 'ask' }): Promise<void> {
    const [partition, fingerprint] = placeAt(at);
    const query = { partition, fingerprint, vector: unitVector(seed) };
    const found = await index.nearest({ ...query, k });
    const all = await this.#model.nearest({ ...query, k: 1000 });
    const cosines = new Map(all.map((neighbour) => [neighbour.id, neighbour.similarity]));
    expect(new Set(found.map((neighbour) => neighbour.id)).size).toBe(found.length);
    for (const neighbour of found) expect(cosines.get(neighbour.id)).toBeCloseTo(neighbour.similarity, 5);
    // Equal vectors may come in any order, so similarities are compared, not ids.
    const wanted = all.slice(0, k);
    this.#tally.asked++;
    const same =
      wanted.length === found.length &&
      wanted.every((n, i) => Math.abs(n.similarity - (found[i]?.similarity ?? 9)) < 1e-5);
    if (!same) this.#tally.missed++;
  }
}
