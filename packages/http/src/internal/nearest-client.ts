import { type IndexStats, type NearestIndex, NearhitError, type Observer } from '@nearhit/core';
import type { z } from 'zod';
import { callService, inspect, type ServiceFaults } from './failover.ts';
import { ANSWER_BYTES_MAX, decodeNeighbours, encodeQuery } from './nearest-codec.ts';
import { hashOf, ownerOf } from './rendezvous.ts';
import type { Replica } from './replica.ts';
import { ReplicaSet, type ReplicaSetOptions, type ReplicaStatus } from './replicas.ts';
import { BINARY, carryAsker, PATHS, parseAs, positionAnswer, statsAnswer } from './wire.ts';

type Tuning = 'resolve' | 'resolveMs' | 'connectionsMax' | 'failuresMax' | 'probeMs' | 'probeTimeoutMs';

export interface NearestClientOptions extends Pick<ReplicaSetOptions<undefined>, 'urls' | Tuning> {
  readonly token: string;
  readonly observer: Pick<Observer, 'incident'>;
  /** For what has no deadline of its own. Default 2,000. */
  readonly timeoutMs?: number | undefined;
}

/** Throws NearhitError STORE_UNAVAILABLE when no replica answers in time, at once when none is there. */
export interface NearestClient extends Pick<NearestIndex, 'nearest' | 'position' | 'stats' | 'close'> {
  /** As this process sees them. */
  replicas(): ReplicaStatus[];
}

const FAULTS: ServiceFaults = { what: 'The cache service', unavailable: 'STORE_UNAVAILABLE' };
const FIRST_SHARE = 0.5;
const JSON_BYTES_MAX = 65_536;

/**
 * The index behind the cache service. A partition is asked for at its owner by rendezvous hashing over the replicas that
 * serve, then at its second owner. `position`: what every serving replica has reached. `stats`: of the fullest replica.
 */
export function createNearestClient(options: NearestClientOptions): NearestClient {
  const { token, timeoutMs: patienceMs = 2_000, ...rest } = options;
  const authorization = `Bearer ${token}`;
  const replicas = new ReplicaSet({
    ...rest,
    name: 'cache',
    inspect: async (ask) => void (await inspect(ask, PATHS.position, authorization)),
  });
  const binary = { authorization, 'content-type': BINARY };
  const everywhere = <T>(path: string, schema: z.ZodType<T>): Promise<T[]> =>
    askEach(replicas, { path, schema, authorization, patienceMs });
  return {
    async nearest(query) {
      assertOpen(replicas);
      const body = encodeQuery(query);
      const key = hashOf(query.partition);
      return callService(
        replicas,
        {
          ...{
            method: 'POST',
            path: PATHS.nearest,
            headers: carryAsker(binary, query),
            body,
            bytesMax: ANSWER_BYTES_MAX,
          },
          ...{ deadlineMs: query.deadlineMs, patienceMs, firstShare: FIRST_SHARE },
          pick: (live, tried) => ownerOf(key, live, tried),
          read: (reply) => decodeNeighbours(reply.body),
        },
        FAULTS,
      );
    },
    position: async () =>
      Math.min(...(await everywhere(PATHS.position, positionAnswer)).map(({ position }) => position)),
    stats: async () => fullest(await everywhere(PATHS.stats, statsAnswer)),
    replicas: () => replicas.status(),
    close: () => replicas.close(),
  };
}

interface Question<T> {
  readonly path: string;
  readonly schema: z.ZodType<T>;
  readonly authorization: string;
  readonly patienceMs: number;
}

/** Every serving replica's answer, at least one. One that goes out meanwhile is not waited for. */
async function askEach<T>(replicas: ReplicaSet, question: Question<T>): Promise<T[]> {
  assertOpen(replicas);
  await replicas.settled(question.patienceMs);
  const asked = replicas.live.map((replica) =>
    askOne(replicas, replica, question).catch((error: unknown) => {
      if (replica.live) throw error;
      return undefined;
    }),
  );
  const answers = (await Promise.all(asked)).filter((answer) => answer !== undefined);
  if (answers.length > 0) return answers;
  throw new NearhitError(FAULTS.unavailable, `${FAULTS.what} can not be reached.`, { detail: replicas.problems() });
}

function askOne<T>(
  replicas: ReplicaSet,
  replica: Replica<undefined>,
  { path, schema, authorization, patienceMs }: Question<T>,
): Promise<T> {
  return callService(
    replicas,
    {
      ...{ method: 'GET', path, headers: { authorization }, bytesMax: JSON_BYTES_MAX },
      ...{ deadlineMs: undefined, patienceMs, firstShare: 1 },
      pick: (_live, tried) => (tried === undefined && replica.live ? replica : undefined),
      read: ({ body }) => parseAs(schema, body),
    },
    FAULTS,
  );
}

function assertOpen(replicas: ReplicaSet): void {
  if (replicas.closed) throw new Error('nearest index stopped: closed');
}

function fullest(all: readonly IndexStats[]): IndexStats {
  return all.reduce((most, one) => (one.vectors > most.vectors ? one : most));
}
