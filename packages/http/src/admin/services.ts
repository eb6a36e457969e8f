import { NearhitError, type QueueAdmin, type ServiceStatus } from '@nearhit/core';
import { type Operation, operation } from './operation.ts';
import type { LogReader, ServicesReader } from './ports.ts';
import {
  deadLetterCountAnswer,
  deadLetterIdsBody,
  deadLettersAnswer,
  deadLettersQuery,
  queueAnswer,
  type ServicesAnswer,
  servicesAnswer,
} from './service-schemas.ts';

export interface ServiceDeps {
  /** Absent: no other process is known, and none is listed. */
  readonly services?: ServicesReader | undefined;
  /** The log that replicas follow. Absent: no lag is told. */
  readonly changes?: LogReader | undefined;
  /** Absent: 404 for what is about the queue. */
  readonly queueAdmin?: QueueAdmin | undefined;
}

/** The processes that work together, and the queue of writes between them. */
export function serviceOperations(deps: ServiceDeps): Operation[] {
  return [
    operation({
      method: 'get',
      path: '/services',
      id: 'listServices',
      summary: 'Every process that is there, how far behind the log it is, and what waits in the queue.',
      answer: servicesAnswer,
      handle: () => reached(() => overview(deps)),
    }),
    ...queueOperations(deps),
  ];
}

export async function overview({ services, changes, queueAdmin }: ServiceDeps): Promise<ServicesAnswer> {
  const [there = [], bounds, queue] = await Promise.all([services?.list(), changes?.bounds(), queueAdmin?.counts()]);
  const answer: ServicesAnswer = {
    services: [...there].sort(byKindAndAge).map((one) => withLag(one, bounds?.lastSeq)),
  };
  if (bounds !== undefined) answer.log = { firstSeq: bounds.firstSeq, lastSeq: bounds.lastSeq };
  if (queue !== undefined) answer.queue = { ...queue };
  return answer;
}

function byKindAndAge(a: ServiceStatus, b: ServiceStatus): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  return a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : 1);
}

function withLag(status: ServiceStatus, lastSeq: number | undefined): ServicesAnswer['services'][number] {
  const { position, detail, ...rest } = status;
  const shown = { ...rest, detail: { ...detail } };
  if (position === undefined) return shown;
  // The position may be of a moment after the log was asked.
  return { ...shown, position, ...(lastSeq !== undefined && { lag: Math.max(0, lastSeq - position) }) };
}

function queueOperations({ queueAdmin }: ServiceDeps): Operation[] {
  const queue = (): QueueAdmin => {
    if (queueAdmin === undefined)
      throw new NearhitError('NOT_FOUND', 'There is no queue that could be looked into here.');
    return queueAdmin;
  };
  return [
    operation({
      method: 'get',
      path: '/queue',
      id: 'getQueue',
      summary: 'How many writes wait, are being worked on, wait for their next try, or were given up.',
      answer: queueAnswer,
      handle: () => reached(async () => ({ ...(await queue().counts()) })),
    }),
    operation({
      method: 'get',
      path: '/queue/dead-letters',
      id: 'listDeadLetters',
      summary: 'Writes that were given up, and why.',
      query: deadLettersQuery,
      answer: deadLettersAnswer,
      handle: ({ query }) => reached(async () => ({ deadLetters: await queue().deadLetters(query) })),
    }),
    operation({
      method: 'post',
      path: '/queue/dead-letters/redrive',
      id: 'redriveDeadLetters',
      summary: 'Puts them back into the queue.',
      body: deadLetterIdsBody,
      optionalBody: true,
      answer: deadLetterCountAnswer,
      handle: ({ body: { ids } }) => reached(async () => ({ count: await queue().redrive(ids) })),
    }),
    operation({
      method: 'post',
      path: '/queue/dead-letters/discard',
      id: 'discardDeadLetters',
      summary: 'Forgets them and the answers in them.',
      body: deadLetterIdsBody,
      optionalBody: true,
      answer: deadLetterCountAnswer,
      handle: ({ body: { ids } }) => reached(async () => ({ count: await queue().discard(ids) })),
    }),
  ];
}

/** What can't be reached is worth another try; why it could not is for the log. */
async function reached<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NearhitError) throw error;
    throw new NearhitError('STORE_UNAVAILABLE', 'The queue and the list of services can not be reached.', {
      detail: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
}
