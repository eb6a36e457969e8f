import type { QueueAnswer, ServicesAnswer } from '@nearhit/http/client';
import { counted, span, whole } from './format.ts';
import type { Output } from './output.ts';

type Service = ServicesAnswer['services'][number];

/** Longer than this without a word: three beats were missed. */
const SILENT_MS = 3500;

/** Nothing where there is nothing to tell: one process of its own. */
export function showServices(output: Output, { services, log, queue }: ServicesAnswer): void {
  if (services.length > 0) {
    output.line();
    showTable(output, services);
  }
  if (log === undefined && queue === undefined) return;
  output.line();
  output.facts([
    ['log', log && `${counted(log.lastSeq - log.firstSeq + 1, 'record')}, up to ${whole(log.lastSeq)}`],
    ['queue', queue && queueText(output, queue)],
  ]);
}

export function queueText(output: Output, { waiting, active, delayed, dead }: QueueAnswer): string {
  const given = `${whole(dead)} dead`;
  return [
    `${whole(waiting)} waiting`,
    `${whole(active)} active`,
    `${whole(delayed)} to be tried again`,
    dead === 0 ? given : output.style('red', given),
  ].join(', ');
}

function showTable(output: Output, services: readonly Service[]): void {
  // Theirs is the clock that counts, not this machine's.
  const nowMs = Math.max(...services.map(({ seenAtMs }) => seenAtMs));
  const right = { align: 'right' } as const;
  output.table(
    [
      ...['service', 'id', 'host', 'version', 'state'].map((head) => ({ head })),
      { head: 'up', ...right },
      { head: 'lag', ...right },
      { head: 'detail' },
    ],
    services.map((service) => [
      service.kind,
      service.id,
      service.host,
      service.version,
      stateOf(output, service, nowMs),
      span(nowMs - service.startedAtMs),
      service.lag === undefined ? '-' : whole(service.lag),
      detailOf(service),
    ]),
  );
}

function stateOf(output: Output, { seenAtMs, detail }: Service, nowMs: number): string {
  if (nowMs - seenAtMs > SILENT_MS) return output.style('red', `silent for ${span(nowMs - seenAtMs)}`);
  const { degraded } = detail;
  if (degraded === undefined || degraded === false || degraded === '') return output.style('green', 'ready');
  return output.style('yellow', typeof degraded === 'string' ? `degraded: ${degraded}` : 'degraded');
}

function detailOf({ detail }: Service): string {
  return Object.entries(detail)
    .filter(([name]) => name !== 'degraded')
    .map(([name, value]) => `${name} ${typeof value === 'number' ? whole(value) : value}`)
    .join(', ');
}
