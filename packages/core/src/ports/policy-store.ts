import type { PolicyPatch } from '../policy/schema.ts';

/** What an operator set over the admin API for a namespace, or for one model in it. */
export interface PolicyRecord {
  readonly namespace: string;
  readonly model?: string | undefined;
  readonly patch: PolicyPatch;
}

/** The admin API's policy changes; durable when the call resolves. What the configuration file says is not in here. */
export interface PolicyStore {
  all(): Promise<PolicyRecord[]>;
  /** Replaces the record of the same namespace and model. */
  put(record: PolicyRecord): Promise<void>;
  /** True when there was one. */
  delete(namespace: string, model?: string): Promise<boolean>;
  /** Called after every change, one's own too. Answers an unsubscribe function. */
  onChange(listener: () => void): () => void;
}
