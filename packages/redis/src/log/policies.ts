import { randomUUID } from 'node:crypto';
import type { PolicyRecord, PolicyStore } from '@nearhit/core';
import type { Commands } from '../commands.ts';
import { POLICY_RECORD } from './records.ts';
import { DELETE_POLICY, PUT_POLICY } from './scripts.ts';

/** Listeners hear of this process's changes; those of others come over the log. */
export class RedisPolicies implements PolicyStore {
  readonly #commands: Commands;
  readonly #base: string;
  readonly #listeners = new Set<() => void>();

  constructor(commands: Commands, base: string) {
    this.#commands = commands;
    this.#base = base;
  }

  async all(): Promise<PolicyRecord[]> {
    const records = await this.#commands.run((client) => client.hvals(`${this.#base}policies`));
    return records.map((record) => JSON.parse(record) as PolicyRecord);
  }

  async put({ namespace, model, patch }: PolicyRecord): Promise<void> {
    const record = JSON.stringify({ namespace, model, patch });
    const field = fieldOf(namespace, model);
    await this.#commands.script(PUT_POLICY, this.#base, randomUUID(), field, record, POLICY_RECORD);
    this.#changed();
  }

  async delete(namespace: string, model?: string): Promise<boolean> {
    const field = fieldOf(namespace, model);
    const had = await this.#commands.script<number>(DELETE_POLICY, this.#base, randomUUID(), field, POLICY_RECORD);
    if (had === 1) this.#changed();
    return had === 1;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

const fieldOf = (namespace: string, model?: string): string => JSON.stringify([namespace, model ?? null]);
