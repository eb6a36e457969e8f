import {
  type LabelledSample,
  type PlacedSample,
  SAMPLE_BOUNDS,
  type SampleBounds,
  type SampleStore,
  type Scope,
  scopeKeyOf,
} from '@nearhit/core';
import { pack, unpack } from './entry-codec.ts';
import { int48, prefixRange, ROW_BYTES, rowOf, term } from './keys.ts';
import { NOTHING, readNumber } from './rows.ts';
import type { Table, Tables } from './tables.ts';
import type { Plan, Writer } from './writer.ts';

const LAST_SEQ = Buffer.from('sample-seq');
const CHUNK = 512;

/** Samples by number; their ids, so that each is taken once; and the numbers of each scope. */
export class LmdbSamples implements SampleStore {
  readonly #tables: Tables;
  readonly #writer: Writer;
  readonly #bounds: SampleBounds;

  constructor(tables: Tables, writer: Writer, bounds: SampleBounds = SAMPLE_BOUNDS) {
    this.#tables = tables;
    this.#writer = writer;
    this.#bounds = bounds;
  }

  async append(samples: readonly LabelledSample[]): Promise<void> {
    this.#writer.assertOpen();
    for (let at = 0; at < samples.length; at += CHUNK)
      await this.#writer.run((plan) => this.#planAppend(samples.slice(at, at + CHUNK), plan));
    for (const scope of new Set(samples.map((sample) => scopeTerm(sample).toString('hex'))))
      await this.#trim(
        this.#tables.sampleScopes,
        prefixRange(Buffer.from(scope, 'hex'), ROW_BYTES),
        this.#bounds.perScopeMax,
      );
    await this.#trim(this.#tables.samples, {}, this.#bounds.totalMax);
  }

  async read(afterSeq: number, limit: number, scope?: Scope): Promise<PlacedSample[]> {
    this.#writer.assertOpen();
    const start = int48(Math.max(afterSeq, 0) + 1);
    if (scope === undefined)
      return [...this.#tables.samples.getRange({ start, limit })].map(({ key, value }) => ({
        seq: rowOf(key),
        sample: unpack<LabelledSample>(value),
      }));
    const prefix = scopeTerm(scope);
    const { end } = prefixRange(prefix, ROW_BYTES);
    const keys = this.#tables.sampleScopes.getKeys({ start: Buffer.concat([prefix, start]), end, limit });
    return [...keys].flatMap((key) => {
      const bytes = this.#tables.samples.getBinary(key.subarray(prefix.length));
      return bytes === undefined ? [] : [{ seq: rowOf(key), sample: unpack<LabelledSample>(bytes) }];
    });
  }

  #planAppend(samples: readonly LabelledSample[], plan: Plan): void {
    const { meta, samples: records, sampleIds, sampleScopes } = this.#tables;
    let seq = readNumber(meta, LAST_SEQ);
    const taken = new Set<string>();
    for (const sample of samples) {
      const id = idTerm(sample.id);
      if (taken.has(sample.id) || sampleIds.doesExist(id)) continue;
      taken.add(sample.id);
      const number = int48(++seq);
      plan.append(records, number, pack(sample));
      plan.put(sampleIds, id, number);
      plan.put(sampleScopes, Buffer.concat([scopeTerm(sample), number]), NOTHING);
    }
    if (taken.size > 0) plan.put(meta, LAST_SEQ, int48(seq));
  }

  #trim(table: Table, range: { start?: Buffer; end?: Buffer }, max: number): Promise<void> {
    return this.#writer.run((plan) => {
      const over = table.getKeysCount({ ...range }) - max;
      if (over <= 0) return;
      for (const key of table.getKeys({ ...range, limit: over })) this.#planRemoval(int48(rowOf(key)), plan);
    });
  }

  #planRemoval(number: Buffer, plan: Plan): void {
    const bytes = this.#tables.samples.getBinary(number);
    if (bytes === undefined) return;
    const sample = unpack<LabelledSample>(bytes);
    plan.remove(this.#tables.samples, number);
    plan.remove(this.#tables.sampleIds, idTerm(sample.id));
    plan.remove(this.#tables.sampleScopes, Buffer.concat([scopeTerm(sample), number]));
  }
}

const idTerm = (id: string): Buffer => term('sample', id);
const scopeTerm = (scope: Readonly<Record<keyof Scope, string>>): Buffer => term('samples', scopeKeyOf(scope));
