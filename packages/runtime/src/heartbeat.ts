import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { ServiceKind, ServiceRegistry, ServiceStatus } from '@nearhit/core';
import type { Chores } from './chores.ts';

const BEAT_MS = 1000;

export interface HeartbeatOptions {
  readonly registry: ServiceRegistry;
  readonly kind: ServiceKind;
  readonly version: string;
  readonly now: () => number;
  /** What there is to tell at each beat. */
  readonly report: () => Promise<Pick<ServiceStatus, 'detail'> & { position?: number | undefined }>;
}

/** Tells the registry of this process every second; `close` signs it off. */
export function startHeartbeat(options: HeartbeatOptions, chores: Chores): { id: string; close(): Promise<void> } {
  const { registry, kind, version, now, report } = options;
  const self = { kind, id: randomUUID().slice(0, 8), host: hostname(), version, startedAtMs: now() };
  let signedOff = false;
  const beat = async () => {
    const reported = await report();
    if (!signedOff) await registry.report({ ...self, seenAtMs: now(), ...reported });
  };
  chores.once('heartbeat-failed', beat);
  chores.every(BEAT_MS, 'heartbeat-failed', beat);
  return {
    id: self.id,
    async close() {
      signedOff = true;
      await chores.attempt('heartbeat-failed', () => registry.remove(self));
    },
  };
}
