import type { Metrics } from '../metrics/metrics.ts';
import { sendJson } from '../reply.ts';
import type { Route } from '../routes.ts';

export interface Readiness {
  /** Requests can be answered, with or without a cache. */
  readonly ready: boolean;
  /** What is not as it should be: `embedder`, `store` ... */
  readonly degraded: readonly string[];
}

export interface OpsDeps {
  readonly readiness: () => Readiness | Promise<Readiness>;
  readonly metrics: Pick<Metrics, 'scrape'>;
}

/** GET /healthz (the process is alive), /readyz (it can serve), /metrics (Prometheus). */
export function opsRoutes(deps: OpsDeps): Route[] {
  return [
    { method: 'get', path: '/healthz', handler: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
    {
      method: 'get',
      path: '/readyz',
      handler: async (_req, res) => {
        const { ready, degraded } = await deps.readiness();
        const status = ready ? (degraded.length === 0 ? 'ready' : 'degraded') : 'not-ready';
        sendJson(res, ready ? 200 : 503, { status, ready, degraded }, { 'cache-control': 'no-store' });
      },
    },
    {
      method: 'get',
      path: '/metrics',
      handler: async (req, res) => {
        const { contentType, text } = await deps.metrics.scrape(req.headers.accept);
        const body = Buffer.from(text);
        res.writeHead(200, { 'content-type': contentType, 'content-length': body.length }).end(body);
      },
    },
  ];
}
