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
import type { Tables } from './tables.ts';
import type { Plan, Writer } from './writer.ts';

const LAST_SEQ = Buffer.from('sample-seq');
const CHUNK = 512;

/** Samples by number; their ids, so that each is taken once; and the numbers of each scope and tenant. */
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
    const { perScopeMax, perTenantMax } = this.#bounds;
    const groups = new Map<string, number>();
    for (const sample of samples) {
      const [scope, tenant] = groupsOf(sample);
      groups.set(scope.toString('hex'), perScopeMax).set(tenant.toString('hex'), perTenantMax);
    }
    for (const [group, max] of groups) await this.#trim(prefixRange(Buffer.from(group, 'hex'), ROW_BYTES), max);
  }

  async read(afterSeq: number, limit: number, scope?: Scope): Promise<PlacedSample[]> {
    this.#writer.assertOpen();
    const start = int48(Math.max(afterSeq, 0) + 1);
    if (scope === undefined)
      return [...this.#tables.samples.getRange({ start, limit })].map(({ key, value }) => ({
        seq: rowOf(key),
        sample: unpack<LabelledSample>(value),
      }));
    const [prefix] = groupsOf(scope);
    const { end } = prefixRange(prefix, ROW_BYTES);
    const keys = this.#tables.sampleGroups.getKeys({ start: Buffer.concat([prefix, start]), end, limit });
    return [...keys].flatMap((key) => {
      const bytes = this.#tables.samples.getBinary(key.subarray(prefix.length));
      return bytes === undefined ? [] : [{ seq: rowOf(key), sample: unpack<LabelledSample>(bytes) }];
    });
  }

  #planAppend(samples: readonly LabelledSample[], plan: Plan): void {
    const { meta, samples: records, sampleIds, sampleGroups } = this.#tables;
    let seq = readNumber(meta, LAST_SEQ);
    const taken = new Set<string>();
    for (const sample of samples) {
      const id = idTerm(sample.id);
      if (taken.has(sample.id) || sampleIds.doesExist(id)) continue;
      taken.add(sample.id);
      const number = int48(++seq);
      plan.append(records, number, pack(sample));
      plan.put(sampleIds, id, number);
      for (const group of groupsOf(sample)) plan.put(sampleGroups, Buffer.concat([group, number]), NOTHING);
    }
    if (taken.size > 0) plan.put(meta, LAST_SEQ, int48(seq));
  }

  #trim(range: { start: Buffer; end: Buffer }, max: number): Promise<void> {
    const { sampleGroups } = this.#tables;
    return this.#writer.run((plan) => {
      // lmdb-js leaves its marks in the options it is given.
      const over = sampleGroups.getKeysCount({ ...range }) - max;
      if (over <= 0) return;
      for (const key of sampleGroups.getKeys({ ...range, limit: over })) this.#planRemoval(int48(rowOf(key)), plan);
    });
  }

  #planRemoval(number: Buffer, plan: Plan): void {
    const bytes = this.#tables.samples.getBinary(number);
    if (bytes === undefined) return;
    const sample = unpack<LabelledSample>(bytes);
    plan.remove(this.#tables.samples, number);
    plan.remove(this.#tables.sampleIds, idTerm(sample.id));
    for (const group of groupsOf(sample)) plan.remove(this.#tables.sampleGroups, Buffer.concat([group, number]));
  }
}

const idTerm = (id: string): Buffer => term('sample', id);
const groupsOf = (scope: Readonly<Record<keyof Scope, string>>): readonly [scope: Buffer, tenant: Buffer] => [
  term('samples', scopeKeyOf(scope)),
  term('samples-of-tenant', scope.tenant),
];
