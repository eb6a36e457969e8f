import type { ProviderStatus } from '@nearhit/core';
import type { Readiness } from '../../ops/ops.ts';
import type { UpstreamReader } from '../ports.ts';
import { overview, type ServiceDeps } from '../services.ts';
import type { StatusEvent } from './event-schemas.ts';

export interface StatusDeps extends ServiceDeps {
  readonly upstream: Pick<UpstreamReader, 'providers'>;
  readonly readiness: () => Readiness | Promise<Readiness>;
  readonly now: () => number;
}

/** Providers, processes and queue in brief. What can't be asked is null; never rejects. */
export async function statusOf(deps: StatusDeps): Promise<StatusEvent> {
  const [{ ready, degraded }, house] = await Promise.all([
    Promise.resolve(deps.readiness()).catch(() => ({ ready: false, degraded: ['readiness'] })),
    overview(deps).catch(() => ({ services: null })),
  ]);
  return {
    ...{ atMs: deps.now(), ready, degraded: [...degraded], providers: deps.upstream.providers().map(inBrief) },
    ...house,
  };
}

const WORST_FIRST = ['open', 'half-open'] as const;

function inBrief(provider: ProviderStatus): StatusEvent['providers'][number] {
  const { id, kind, requests, errors, inFlight, targets = [], alarms = [] } = provider;
  const breaker = WORST_FIRST.find((state) => targets.some((target) => target.breaker === state)) ?? 'closed';
  return { ...{ id, kind, requests, errors, inFlight, breaker }, alarms: [...alarms] };
}
