import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Calibration,
  createMemoryDecisions,
  createMemoryDeliveredEvents,
  createMemoryStore,
  createStats,
  type DecisionLog,
  DocumentEvents,
  type Embedder,
  type Entry,
  type EntryFilter,
  type EntryId,
  type EntryLine,
  type EntryPage,
  Feedback,
  type Fingerprint,
  LinkMemory,
  NearhitError,
  type PolicyRecord,
  PolicyService,
  type PolicyStore,
  readEntry,
  replayDecision,
  reportOf,
  type TenantId,
  type UnitVector,
  type UpstreamCall,
  type UpstreamFlow,
  type UpstreamSink,
  whatIf,
} from '@nearhit/core';
import type { CacheAdmin, EvidenceAdmin } from '../src/admin/ports.ts';
import type { AppDeps } from '../src/app.ts';
import { readBody } from '../src/body.ts';
import { createMetrics } from '../src/metrics/metrics.ts';
import { sendError, sendJson } from '../src/reply.ts';
import { KeyCabinet } from './key-cabinet.ts';

/** The rest of the house, small and real, for the tests of its wire. */

export const TOKEN = 'the-admin-token';
export const WEBHOOK_SECRET = 'the-webhook-secret';
export const NOW_MS = Date.UTC(2025, 0, 6, 12, 0, 0);

export function entry(n: number, changes: Partial<Entry> = {}): Entry {
  return {
    id: createHash('sha256').update(`entry ${n}`).digest('hex') as EntryId,
    scope: { tenant: 'default' as TenantId, namespace: 'default', model: 'm' },
    fingerprint: 'f'.repeat(64) as Fingerprint,
    query: `Question ${n}?`,
    semantic: true,
    answer: Buffer.from(JSON.stringify({ id: `a${n}`, object: 'chat.completion', choices: [] })),
    tags: [`doc:${n}@v1`],
    context: [],
    provider: 'demo',
    upstreamModel: 'm-large',
    attempts: 1,
    costUsd: 0.01,
    usage: { promptTokens: 5, completionTokens: 7 },
    createdAtMs: NOW_MS - n * 1000,
    expiresAtMs: NOW_MS + 60_000,
    staleUntilMs: NOW_MS + 60_000,
    ...changes,
  };
}

/** Filters by namespace, model, tags and text; cursors are positions. */
class ArrayStore {
  entries: Entry[] = [];

  async get(id: EntryId): Promise<Entry | undefined> {
    return this.entries.find((one) => one.id === id);
  }

  async getMany(ids: readonly EntryId[]): Promise<(Entry | undefined)[]> {
    return Promise.all(ids.map((id) => this.get(id)));
  }

  async list(filter: EntryFilter, page: { cursor?: string | undefined; limit: number }): Promise<EntryPage> {
    const from = page.cursor === undefined ? 0 : Number(page.cursor);
    if (!Number.isInteger(from))
      throw new NearhitError('INVALID_REQUEST', 'cursor: not one of ours', { param: 'cursor' });
    const matched = this.entries.filter((one) => this.matches(one, filter));
    const entries = matched.slice(from, from + page.limit);
    const end = from + page.limit;
    return end < matched.length ? { entries, cursor: String(end) } : { entries };
  }

  matches(one: Entry, filter: EntryFilter): boolean {
    if (filter.namespace !== undefined && filter.namespace !== one.scope.namespace) return false;
    if (filter.model !== undefined && filter.model !== one.scope.model) return false;
    if (filter.createdBeforeMs !== undefined && one.createdAtMs >= filter.createdBeforeMs) return false;
    if (filter.text !== undefined && !one.query.toLowerCase().includes(filter.text.toLowerCase())) return false;
    return (
      filter.tags === undefined || filter.tags.some((tag) => one.tags.some((t) => t === tag || t.startsWith(`${tag}@`)))
    );
  }

  async usage() {
    return [
      { tenant: 'default', namespace: 'default', entries: 3, bytes: 300 },
      { tenant: 'default', namespace: 'support', entries: 2, bytes: 200 },
    ];
  }
}

class ArrayCache implements CacheAdmin {
  /** When it reads a line. */
  readonly #policies: PolicyService;
  /** How many entries came at once. */
  readonly takenIn: number[] = [];
  flushes = 0;
  /** How long a flush is said to take. */
  flushMs = 20_000;
  readonly filters: EntryFilter[] = [];
  readonly #store: ArrayStore;

  constructor(store: ArrayStore, policies: PolicyService) {
    this.#store = store;
    this.#policies = policies;
  }

  readEntry(line: EntryLine, ttlSeconds: number | undefined): Entry {
    const model = { id: 'tiny-embedder', version: 'tiny-1', dimensions: 8, tokensMax: 50 };
    return readEntry(line, { policies: this.#policies, model, nowMs: NOW_MS, ttlSeconds });
  }

  async takeIn(entries: readonly Entry[]): Promise<void> {
    this.takenIn.push(entries.length);
    const ids = new Set(entries.map(({ id }) => id));
    this.#store.entries = [...this.#store.entries.filter(({ id }) => !ids.has(id)), ...entries];
  }

  async explain(body: Buffer, headers: Readonly<Record<string, unknown>>): Promise<object> {
    const { messages } = JSON.parse(body.toString());
    if (!Array.isArray(messages)) throw new NearhitError('INVALID_REQUEST', "'messages': expected an array");
    return { decision: { kind: 'miss' }, threshold: headers['x-nearhit-threshold'] ?? null };
  }

  async invalidate(filter: EntryFilter, dryRun: boolean) {
    this.filters.push(filter);
    const matched = this.#store.entries.filter((one) => this.#store.matches(one, filter));
    if (!dryRun) this.#store.entries = this.#store.entries.filter((one) => !matched.includes(one));
    return { matched: matched.length, deleted: dryRun ? 0 : matched.length, ids: matched.map(({ id }) => id) };
  }

  /** As similar as their questions are long. */
  async search(text: string, filter: EntryFilter, limit: number) {
    this.filters.push({ text, ...filter });
    const matched = this.#store.entries.filter((one) => this.#store.matches(one, filter));
    const found = matched.map((one) => ({ entry: one, similarity: text.length / one.query.length / 2 }));
    return { found: found.slice(0, limit), complete: true };
  }

  async deleteEntry(id: EntryId): Promise<boolean> {
    const before = this.#store.entries.length;
    this.#store.entries = this.#store.entries.filter((one) => one.id !== id);
    return this.#store.entries.length < before;
  }

  async flush({ timeoutMs = Number.POSITIVE_INFINITY }: { timeoutMs?: number | undefined } = {}): Promise<void> {
    this.flushes += 1;
    if (timeoutMs < this.flushMs)
      throw new NearhitError('FLUSH_TIMEOUT', `Not all was written within ${timeoutMs} ms.`);
  }
}

class ArrayPolicies implements PolicyStore {
  records: PolicyRecord[] = [];

  async all(): Promise<PolicyRecord[]> {
    return this.records;
  }
  async put(record: PolicyRecord): Promise<void> {
    await this.delete(record.namespace, record.model);
    this.records.push(record);
  }
  async delete(namespace: string, model?: string): Promise<boolean> {
    const kept = this.records.filter((one) => one.namespace !== namespace || one.model !== model);
    const found = kept.length < this.records.length;
    this.records = kept;
    return found;
  }
  onChange(): () => void {
    return () => {};
  }
}

/** The beginning of a text's SHA-256 as a direction; a text longer than 50 characters is cut. */
function hashEmbedder(): Embedder & { batches: number[] } {
  const batches: number[] = [];
  return {
    batches,
    model: { id: 'tiny-embedder', version: 'tiny-1', dimensions: 8, tokensMax: 50 },
    async embed(texts) {
      batches.push(texts.length);
      return texts.map((text) => {
        const raw = [...createHash('sha256').update(text.slice(0, 50)).digest().subarray(0, 8)].map(
          (byte) => byte - 127.5,
        );
        const length = Math.hypot(...raw);
        const vector = Float32Array.from(raw, (value) => value / length) as UnitVector;
        return { vector, tokens: Math.min(text.length, 50), truncated: text.length > 50 };
      });
    },
    async close() {},
  };
}

/** Calls an origin over HTTP, as the gateway does, without its routing. */
class OriginUpstream {
  origin = '';
  readonly calls: UpstreamCall[] = [];
  aborted = 0;

  send(call: UpstreamCall, sink: UpstreamSink): UpstreamFlow {
    this.calls.push(call);
    const req = httpRequest(this.origin + call.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    let done = false;
    let reply: IncomingMessage | undefined;
    req.on('response', (res) => {
      reply = res;
      const { 'transfer-encoding': _, connection: __, 'keep-alive': ___, ...headers } = res.headers;
      const head = { status: res.statusCode ?? 0, headers: headers as Record<string, string> };
      sink.onHead({ ...head, provider: 'origin', model: call.model, attempts: 1 });
      res.on('data', (chunk: Buffer) => sink.onData(chunk));
      res.on('end', () => {
        done = true;
        sink.onEnd();
      });
    });
    req.on('error', (error) => {
      if (!done) sink.onError(new NearhitError('UPSTREAM_UNREACHABLE', 'no answer', { detail: error.message }));
    });
    req.end(call.body);
    const abort = (): void => {
      if (done) return;
      done = true;
      this.aborted += 1;
      req.destroy();
    };
    return { pause: () => reply?.pause(), resume: () => reply?.resume(), abort };
  }

  async models() {
    return [
      { id: 'gpt-4o', provider: 'main', created: 1_700_000_000 },
      { id: 'meta-llama/Llama-3.1-8B', provider: 'other', created: 1_710_000_000 },
    ];
  }

  price(model: string) {
    return model === 'gpt-4o' ? { inputUsdPerMTok: 2.5, outputUsdPerMTok: 10 } : undefined;
  }

  providers() {
    return [{ id: 'main', kind: 'openai', baseUrl: 'https://api.example', requests: 3, errors: 1, inFlight: 0 }];
  }
}

interface LogLine {
  readonly level: 'warn' | 'error';
  readonly detail: object;
  readonly message: string;
}

function evidenceOf(
  store: ArrayStore,
  cache: ArrayCache,
  policies: PolicyService,
  decisions: DecisionLog,
  embedder: Embedder,
): EvidenceAdmin {
  const { pairs, samples } = createMemoryStore();
  const links = new LinkMemory(pairs);
  const calibration = new Calibration({ store: samples });
  const entries = { getMany: (ids: readonly EntryId[]) => Promise.all(ids.map((id) => store.get(id))) };
  const feedback = new Feedback({
    ...{ decisions, embedder, links, calibration, now: () => NOW_MS },
    store: entries,
    deleteEntry: (id) => cache.deleteEntry(id),
  });
  return {
    feedback: (input, by) => feedback.give(input, by),
    replay: (id, tenant) =>
      replayDecision(id, tenant === undefined ? undefined : [tenant], { decisions, embedder, store: entries }),
    pairs: links,
    calibration: (filter) => reportOf(calibration, policies, filter),
    whatIf: (query) => whatIf(query, { decisions, policies, links, calibration }),
  };
}

export function house() {
  const store = new ArrayStore();
  store.entries = [1, 2, 3].map((n) => entry(n));
  const policyStore = new ArrayPolicies();
  const policies = new PolicyService(policyStore, { default: { ttlSeconds: 600 } });
  const cache = new ArrayCache(store, policies);
  const decisions = createMemoryDecisions();
  const stats = createStats({ now: () => NOW_MS, decisions });
  const keys = new KeyCabinet(NOW_MS);
  const upstream = new OriginUpstream();
  const embedder = hashEmbedder();
  const evidence = evidenceOf(store, cache, policies, decisions, embedder);
  const lines: LogLine[] = [];
  const log = {
    warn: (detail: object, message: string) => void lines.push({ level: 'warn', detail, message }),
    error: (detail: object, message: string) => void lines.push({ level: 'error', detail, message }),
  };
  const state = { readiness: { ready: true, degraded: [] as string[] } };
  const deps: AppDeps = {
    doors: {
      '/chat/completions': (req, res) => {
        readBody(req, 1000, { idleMs: 150 }).then(
          (body) => sendJson(res, 200, { bytes: body.length }),
          (error: unknown) => sendError(req, res, error, log),
        );
      },
    },
    upstream,
    embedder,
    readiness: () => state.readiness,
    metrics: createMetrics({ process: false }),
    admin: {
      token: TOKEN,
      keys,
      policies,
      cache,
      documents: new DocumentEvents({
        invalidate: (...of) => cache.invalidate(...of),
        delivered: createMemoryDeliveredEvents(),
      }),
      webhookSecret: WEBHOOK_SECRET,
      entries: store,
      upkeep: store,
      stats,
      evidence,
      version: '0.1.0',
      now: () => NOW_MS,
    },
    bodyBytesMax: 1_000_000,
    log,
  };
  return { deps, store, cache, keys, policies, policyStore, stats, upstream, embedder, lines, state };
}

/** Listens on a free port; answers the base URL. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
