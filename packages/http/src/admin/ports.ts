import type {
  ApiKeyRecord,
  CalibrationReport,
  Entry,
  EntryFilter,
  EntryId,
  EntryLine,
  EntryPage,
  FeedbackBy,
  FeedbackInput,
  FeedbackReport,
  FoundEntries,
  KeyPage,
  LimitSettings,
  LinkMemory,
  ModelInfo,
  ModelPrice,
  NamespaceUsage,
  Policy,
  PolicyPatch,
  PolicyRecord,
  ProviderStatus,
  RecentFigures,
  ReplayReport,
  RoutingPreference,
  ServiceStatus,
  StatsSeries,
  SubjectUse,
  TenantRecord,
  WhatIfQuery,
  WhatIfReport,
} from '@nearhit/core';
import type { DecisionPage, DecisionsQuery, StatsQuery, StatsSummary } from './observe-schemas.ts';

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
  /** Stored questions that mean about the same, by falling similarity. */
  search(text: string, filter: EntryFilter, limit: number): Promise<FoundEntries>;
  /** The entry that a line of an import stands for. Throws INVALID_REQUEST with what is wrong with it. */
  readEntry(line: EntryLine, ttlSeconds: number | undefined): Entry;
  /** Durable and searchable when it resolves. */
  takeIn(entries: readonly Entry[]): Promise<void>;
  /** False when there was none. */
  deleteEntry(id: EntryId): Promise<boolean>;
  /** Throws FLUSH_TIMEOUT when it takes longer than `timeoutMs`. */
  flush(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
}

export interface EntryReader {
  get(id: EntryId): Promise<Entry | undefined>;
  /** In the order asked, with `vector`. */
  getMany(ids: readonly EntryId[]): Promise<(Entry | undefined)[]>;
  list(filter: EntryFilter, page: { cursor?: string | undefined; limit: number }): Promise<EntryPage>;
}

export interface StatsReader {
  summary(query: StatsQuery): StatsSummary;
  /** The same span by span. */
  series(query: StatsQuery): StatsSeries;
  /** The last seconds, for whoever asks about once a second; null the first time. */
  recent(filter: Omit<StatsQuery, 'window'>): { tick(nowMs: number): RecentFigures | null };
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

type SettableKey = Pick<
  ApiKeyRecord,
  'name' | 'grants' | 'limits' | 'thresholdFloor' | 'routing' | 'expiresAtMs' | 'revokedAtMs'
>;
/** By provider id; null takes one away. */
interface WithUpstreamKeys {
  readonly upstreamKeys?: Readonly<Record<string, string | null>> | undefined;
}
export type KeyChange = Partial<SettableKey> & WithUpstreamKeys;

interface MadeKey {
  readonly record: ApiKeyRecord;
  readonly secret: string;
}

export interface TenantView {
  readonly id: string;
  /** In force. */
  readonly limits: LimitSettings;
  readonly routing?: RoutingPreference | undefined;
  /** Set over the admin plane. */
  readonly own: TenantRecord | undefined;
}

/** API keys and tenants. What takes an id throws NOT_FOUND when there is no such key. */
export interface KeysAdmin {
  list(filter: { tenant?: string | undefined }, page: { cursor?: string | undefined; limit: number }): Promise<KeyPage>;
  get(id: string): Promise<ApiKeyRecord>;
  create(key: Omit<SettableKey, 'revokedAtMs'> & WithUpstreamKeys & { readonly tenant: string }): Promise<MadeKey>;
  change(id: string, change: (record: ApiKeyRecord) => KeyChange): Promise<ApiKeyRecord>;
  rotate(id: string, graceSeconds: number): Promise<MadeKey>;
  delete(id: string): Promise<void>;
  /** In their order; undefined while nobody can say. */
  uses(records: readonly ApiKeyRecord[]): Promise<(SubjectUse | undefined)[]>;
  tenants(): Promise<TenantView[]>;
  /** Every tenant may be asked about. */
  tenant(id: string): Promise<TenantView>;
  tenantUse(id: string): Promise<SubjectUse | undefined>;
  putTenant(record: TenantRecord): Promise<TenantView>;
  /** True when something was set. */
  deleteTenant(id: string): Promise<boolean>;
}

/** Verdicts on answers, and what follows from them. */
export interface EvidenceAdmin {
  /** Throws NOT_FOUND, FORBIDDEN. */
  feedback(input: FeedbackInput, by: FeedbackBy): Promise<FeedbackReport>;
  /** `tenant`: whose request; absent: the newest of that id. Throws NOT_FOUND, NOT_REPLAYABLE. */
  replay(id: string, tenant?: string): Promise<ReplayReport>;
  readonly pairs: Pick<LinkMemory, 'list' | 'put' | 'delete'>;
  calibration(filter: {
    readonly tenant?: string | undefined;
    readonly namespace?: string | undefined;
    readonly model?: string | undefined;
  }): CalibrationReport;
  /** Changes nothing. */
  whatIf(query: WhatIfQuery): Promise<WhatIfReport>;
}

/** Who is there. The registry that processes report to is one. */
export interface ServicesReader {
  list(): Promise<readonly ServiceStatus[]>;
}

/** How far the log goes. */
export interface LogReader {
  bounds(): Promise<{ readonly firstSeq: number; readonly lastSeq: number }>;
}
