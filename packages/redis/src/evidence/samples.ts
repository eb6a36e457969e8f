import { randomUUID } from 'node:crypto';
import { type LabelledSample, type PlacedSample, SAMPLE_BOUNDS, type SampleStore, type Scope } from '@nearhit/core';
import type { Commands } from '../commands.ts';
import { SAMPLES_RECORD } from '../log/records.ts';
import { termsOf } from './pairs.ts';
import { APPEND_SAMPLES, READ_SAMPLES } from './scripts.ts';

/** Redis does nothing else while a script runs. */
const PER_CALL = 250;

/** About 700 bytes of Redis memory a sample. */
export class RedisSamples implements SampleStore {
  readonly #commands: Commands;
  readonly #base: string;

  constructor(commands: Commands, base: string) {
    this.#commands = commands;
    this.#base = base;
  }

  async append(samples: readonly LabelledSample[]): Promise<void> {
    this.#commands.assertOpen();
    const { perScopeMax, perTenantMax } = SAMPLE_BOUNDS;
    for (let at = 0; at < samples.length; at += PER_CALL) {
      const rows = samples
        .slice(at, at + PER_CALL)
        .flatMap((sample) => [sample.id, ...termsOf(sample), JSON.stringify(sample)]);
      const bounds = [perScopeMax, perTenantMax] as const;
      await this.#commands.script(APPEND_SAMPLES, this.#base, randomUUID(), ...bounds, SAMPLES_RECORD, ...rows);
    }
  }

  async read(afterSeq: number, limit: number, scope?: Scope): Promise<PlacedSample[]> {
    this.#commands.assertOpen();
    if (limit <= 0) return [];
    const order = scope === undefined ? 'samples:order' : `samples:of:${termsOf(scope)[0]}`;
    const rows = await this.#commands.script<(Buffer | null)[]>(READ_SAMPLES, this.#base, order, afterSeq, limit);
    return Array.from({ length: rows.length / 2 }, (_, at) => ({
      seq: Number(rows[2 * at]),
      sample: JSON.parse(String(rows[2 * at + 1])) as LabelledSample,
    }));
  }
}
