/** Counters of one minute for one namespace and model. `latency` and `counts` are keyed by names the stats module defines. */
export interface StatsBucket {
  readonly minute: number;
  readonly namespace: string;
  readonly model: string;
  readonly counts: Readonly<Record<string, number>>;
  /** Per outcome: sparse histogram, bucket index -> count. */
  readonly latency: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The process that saved it, where several share a store: each replaces its own only. Filled in by `load`. */
  readonly writer?: string | undefined;
}

export interface StatsStore {
  /** Replaces buckets of the same minute, namespace and model. */
  save(buckets: readonly StatsBucket[]): Promise<void>;
  /** In order of time. Of a store that several processes share: what the others and earlier ones saved, with `writer`. */
  load(sinceMinute: number): Promise<StatsBucket[]>;
  /** Drops what is older. */
  trim(beforeMinute: number): Promise<void>;
}
