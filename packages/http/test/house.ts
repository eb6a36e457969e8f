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
  type EntryId,
  Feedback,
  LinkMemory,
  NearhitError,
  PolicyService,
  replayDecision,
  reportOf,
  type UnitVector,
  type UpstreamCall,
  type UpstreamFlow,
  type UpstreamSink,
  whatIf,
} from '@nearhit/core';
import type { EvidenceAdmin } from '../src/admin/ports.ts';
import type { AppDeps } from '../src/app.ts';
import { readBody } from '../src/body.ts';
import { createMetrics } from '../src/metrics/metrics.ts';
import { sendError, sendJson } from '../src/reply.ts';
import { ArrayCache, ArrayPolicies, ArrayStore } from './array-cache.ts';
import { entry, NOW_MS } from './entry.ts';
import { KeyCabinet } from './key-cabinet.ts';

/** The rest of the house, small and real, for the tests of its wire. */

export const TOKEN = 'the-admin-token';
export const WEBHOOK_SECRET = 'the-webhook-secret';

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
