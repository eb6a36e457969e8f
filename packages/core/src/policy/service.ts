import type { PolicyRecord, PolicyStore } from '../ports/policy-store.ts';
import { POLICY_DEFAULTS, POLICY_FIELDS, type Policy, type PolicyPatch, policySchema } from './schema.ts';

/** Policies as the configuration file has them. */
export interface FilePolicies {
  readonly default?: PolicyPatch | undefined;
  readonly namespaces?:
    | Readonly<Record<string, PolicyPatch & { readonly models?: Readonly<Record<string, PolicyPatch>> | undefined }>>
    | undefined;
}

export interface ResolvedPolicy {
  readonly policy: Policy;
  /** Per field, who set it: `built-in`, `file:default`, `admin:support/gpt-4o` ... */
  readonly origin: Readonly<Record<keyof Policy, string>>;
}

/** Field by field, the nearest one given wins: namespace and model, namespace, default and model, default. */
export class PolicyService {
  /** Grows with every change: what was computed under an older one is looked at again. */
  version = 0;
  #file: FilePolicies;
  #admin = new Map<string, PolicyRecord>();
  #resolved = new Map<string, ResolvedPolicy>();
  readonly #store: PolicyStore;
  readonly #unsubscribe: () => void;
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(store: PolicyStore, file: FilePolicies = {}) {
    this.#store = store;
    this.#file = file;
    // A store that can't be read now keeps what is known in force; one's own changes tell of the failure.
    this.#unsubscribe = store.onChange(() => void this.load().catch(() => undefined));
  }

  /** Reads what operators set. Called at start and on every change notice. */
  async load(): Promise<void> {
    const records = await this.#store.all();
    this.#admin = new Map(records.map((record) => [levelKey(record.namespace, record.model), record]));
    this.#forget();
  }

  useFile(file: FilePolicies): void {
    this.#file = file;
    this.#forget();
  }

  resolve(namespace: string, model?: string): ResolvedPolicy {
    const key = levelKey(namespace, model);
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    if (this.#resolved.size >= 10_000) this.#resolved.clear();
    const resolved = this.#compute(namespace, model);
    this.#resolved.set(key, resolved);
    return resolved;
  }

  /** What is set at exactly this level, file and admin API together. Undefined when nothing is. */
  own(namespace: string, model?: string): PolicyPatch | undefined {
    const file = this.#filePatch(namespace, model);
    const admin = this.#admin.get(levelKey(namespace, model))?.patch;
    return file === undefined && admin === undefined ? undefined : { ...file, ...admin };
  }

  /** Every level at which something is set. */
  list(): PolicyRecord[] {
    const levels = new Map<string, { namespace: string; model?: string | undefined }>([
      [levelKey('default'), { namespace: 'default' }],
    ]);
    for (const [namespace, { models }] of Object.entries(this.#file.namespaces ?? {})) {
      levels.set(levelKey(namespace), { namespace });
      for (const model of Object.keys(models ?? {})) levels.set(levelKey(namespace, model), { namespace, model });
    }
    for (const { namespace, model } of this.#admin.values())
      levels.set(levelKey(namespace, model), { namespace, model });
    return [...levels.values()].map((level) => ({ ...level, patch: this.own(level.namespace, level.model) ?? {} }));
  }

  /** The admin API's fields at this level become exactly these. */
  put(namespace: string, model: string | undefined, patch: PolicyPatch): Promise<void> {
    return this.#inTurn(() => this.#put(namespace, model, patch));
  }

  /** Sets some fields, leaves the others; null takes a field back to what it would be without the admin API. */
  patch(
    namespace: string,
    model: string | undefined,
    patch: { [F in keyof PolicyPatch]: PolicyPatch[F] | null },
  ): Promise<void> {
    return this.#inTurn(() => {
      const merged: Record<string, unknown> = { ...this.#admin.get(levelKey(namespace, model))?.patch };
      for (const [field, value] of Object.entries(patch)) {
        if (value === null) delete merged[field];
        else if (value !== undefined) merged[field] = value;
      }
      return this.#put(namespace, model, merged as PolicyPatch);
    });
  }

  /** True when the admin API had set something there. */
  delete(namespace: string, model?: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const there = await this.#store.delete(namespace, model);
      await this.load();
      return there;
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  async #put(namespace: string, model: string | undefined, patch: PolicyPatch): Promise<void> {
    await this.#store.put({ namespace, model, patch: policySchema.parse(patch) });
    await this.load();
  }

  /** A change rests on what the one before it left. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#lastChange.then(change);
    this.#lastChange = done.catch(() => undefined);
    return done;
  }

  #forget(): void {
    this.#resolved.clear();
    this.version += 1;
  }

  #filePatch(namespace: string, model?: string): PolicyPatch | undefined {
    const own = this.#file.namespaces?.[namespace];
    if (model !== undefined) return own?.models?.[model];
    const { models: _, ...fields } = own ?? {};
    const merged = namespace === 'default' ? { ...this.#file.default, ...fields } : fields;
    return Object.keys(merged).length === 0 ? undefined : merged;
  }

  #compute(namespace: string, model: string | undefined): ResolvedPolicy {
    const levels: [string, string | undefined][] = [['default', undefined]];
    if (model !== undefined) levels.push(['default', model]);
    if (namespace !== 'default') {
      levels.push([namespace, undefined]);
      if (model !== undefined) levels.push([namespace, model]);
    }
    const policy: Record<string, unknown> = { ...POLICY_DEFAULTS };
    const origin: Record<string, string> = Object.fromEntries(POLICY_FIELDS.map((field) => [field, 'built-in']));
    for (const [ns, m] of levels) {
      const name = m === undefined ? ns : `${ns}/${m}`;
      for (const [from, patch] of [
        ['file', this.#filePatch(ns, m)],
        ['admin', this.#admin.get(levelKey(ns, m))?.patch],
      ] as const) {
        for (const [field, value] of Object.entries(patch ?? {})) {
          if (value === undefined) continue;
          policy[field] = value;
          origin[field] = `${from}:${name}`;
        }
      }
    }
    return Object.freeze({
      policy: Object.freeze(policy) as unknown as Policy,
      origin: Object.freeze(origin) as ResolvedPolicy['origin'],
    });
  }
}

const levelKey = (namespace: string, model?: string): string =>
  model === undefined ? namespace : `${namespace}\n${model}`;
