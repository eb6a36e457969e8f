import type {
  Entry,
  EntryFilter,
  EntryId,
  EntryPage,
  ModelInfo,
  ModelPrice,
  NamespaceUsage,
  Policy,
  PolicyPatch,
  PolicyRecord,
  ProviderStatus,
  ServiceStatus,
} from '@nearhit/core';
import type { DecisionPage, DecisionsQuery, StatsQuery, StatsSummary } from './schemas.ts';

/** What the admin plane needs of the rest of the house. */
export interface PolicyAdmin {
  /** Per field, who set it: `built-in`, `file:default`, `admin:support/gpt-4o` ... */
  resolve(
    namespace: string,
    model?: string,
  ): { readonly policy: Policy; readonly origin: Readonly<Record<keyof Policy, string>> };
  /** What is set at exactly this level; undefined when nothing is. */
  own(namespace: string, model?: string): PolicyPatch | undefined;
  /** Every level at which something is set. */
  list(): readonly PolicyRecord[];
  put(namespace: string, model: string | undefined, patch: PolicyPatch): Promise<void>;
  /** Null takes a field back to what it would be without the admin plane. */
  patch(namespace: string, model: string | undefined, patch: NullablePatch): Promise<void>;
  /** True when the admin plane had set something there. */
  delete(namespace: string, model?: string): Promise<boolean>;
}

export type NullablePatch = { [F in keyof PolicyPatch]: PolicyPatch[F] | null };

export interface CacheAdmin {
  /** Throws INVALID_REQUEST and its like as the data plane does. */
  explain(body: Buffer, headers: Readonly<Record<string, string | string[] | undefined>>): Promise<object>;
  /** `ids`: the first 100. */
  invalidate(
    filter: EntryFilter,
    dryRun: boolean,
  ): Promise<{ matched: number; deleted: number; ids: readonly string[] }>;
  /** False when there was none. */
  deleteEntry(id: EntryId): Promise<boolean>;
  /** Throws FLUSH_TIMEOUT when it takes longer than `timeoutMs`. */
  flush(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
}

export interface EntryReader {
  get(id: EntryId): Promise<Entry | undefined>;
  list(filter: EntryFilter, page: { cursor?: string | undefined; limit: number }): Promise<EntryPage>;
}

export interface StatsReader {
  summary(query: StatsQuery): StatsSummary;
  decisions(
    filter: Pick<DecisionsQuery, 'outcome' | 'namespace'>,
    page: { cursor?: string | undefined; limit: number },
  ): DecisionPage | Promise<DecisionPage>;
}

export interface UsageReader {
  usage(): Promise<readonly NamespaceUsage[]>;
}

export interface UpstreamReader {
  models(): Promise<ModelInfo[]>;
  price(model: string): ModelPrice | undefined;
  providers(): readonly ProviderStatus[];
}

/** Who is there. The registry that processes report to is one. */
export interface ServicesReader {
  list(): Promise<readonly ServiceStatus[]>;
}

/** How far the log goes. */
export interface LogReader {
  bounds(): Promise<{ readonly firstSeq: number; readonly lastSeq: number }>;
}
