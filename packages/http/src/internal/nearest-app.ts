import type { IncomingMessage, ServerResponse } from 'node:http';
import { type NearestIndex, NearhitError } from '@nearhit/core';
import { readBody } from '../body.ts';
import { sendJson } from '../reply.ts';
import { decodeQuery, encodeNeighbours } from './nearest-codec.ts';
import { createServiceWire, deadlineOf, type ServiceDeps, type ServiceWire, sendBinary } from './service-app.ts';
import { PATHS } from './wire.ts';

export interface NearestAppDeps extends ServiceDeps {
  readonly index: Pick<NearestIndex, 'nearest' | 'stats'>;
  /** How far this replica has followed the change log. */
  readonly position: () => number | Promise<number>;
}

/** The longest query: 65,535 dimensions and the longest partition key. */
const BODY_BYTES_MAX = 400_000;

/** The wire of the cache service: searches, and how far it has come. */
export function createNearestApp(deps: NearestAppDeps): ServiceWire {
  const { index } = deps;
  const nearest = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const deadlineMs = deadlineOf(req);
    refuseIfLate(deadlineMs);
    const query = decodeQuery(await readBody(req, BODY_BYTES_MAX));
    refuseIfLate(deadlineMs);
    const found = index.nearest(deadlineMs === undefined ? query : { ...query, deadlineMs });
    const neighbours = await found.catch((error: unknown) => {
      // Whatever an index says when its time is over.
      if (!(error instanceof NearhitError)) refuseIfLate(deadlineMs);
      throw error;
    });
    sendBinary(res, encodeNeighbours(neighbours));
  };
  return createServiceWire(deps, { method: 'post', path: PATHS.nearest, handler: nearest }, [
    {
      method: 'get',
      path: PATHS.position,
      handler: async (_req, res) => sendJson(res, 200, { position: await deps.position() }),
    },
    { method: 'get', path: PATHS.stats, handler: async (_req, res) => sendJson(res, 200, await index.stats()) },
  ]);
}

function refuseIfLate(deadlineMs: number | undefined): void {
  if (deadlineMs === undefined || Date.now() < deadlineMs) return;
  throw new NearhitError('STORE_UNAVAILABLE', 'The deadline of the search has passed.');
}
