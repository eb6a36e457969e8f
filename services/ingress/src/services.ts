import type { ServiceRegistry, ServiceStatus } from '@nearhit/core';
import type { EmbeddingClient } from '@nearhit/http';

/** Who is there: what reports to the registry, and the embedding replicas, which have no Redis to report to. */
export function listServices(
  registry: Pick<ServiceRegistry, 'list'>,
  embedding: Pick<EmbeddingClient, 'replicas' | 'model'>,
): Pick<ServiceRegistry, 'list'> {
  return {
    async list() {
      const now = Date.now();
      const replicas = embedding.replicas().map(({ address, live, inFlight, problem }): ServiceStatus => {
        const detail = { live, inFlight, ...(problem !== undefined && { problem }) };
        return { kind: 'embedding', id: address, host: address, version: '', startedAtMs: 0, seenAtMs: now, detail };
      });
      return [...(await registry.list()), ...replicas];
    },
  };
}
