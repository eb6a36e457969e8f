import { z } from 'zod';
import { decision, statsEvent } from '../observe-schemas.ts';
import { count } from '../schemas.ts';
import { servicesAnswer } from '../service-schemas.ts';

/** `event: status`. */
export const statusEvent = z.object({
  atMs: z.number(),
  ready: z.boolean(),
  degraded: z.array(z.string()).describe('As `GET /readyz` tells it.'),
  providers: z.array(
    z.object({
      id: z.string(),
      kind: z.string(),
      requests: count,
      errors: count,
      inFlight: count,
      breaker: z.enum(['closed', 'half-open', 'open']).describe('The worst of its models.'),
      alarms: z.array(z.string()),
    }),
  ),
  services: servicesAnswer.shape.services.nullable().describe('As `GET /services`; null while they can not be asked.'),
  log: servicesAnswer.shape.log,
  queue: servicesAnswer.shape.queue,
});

/** `event: skipped`. */
export const skippedEvent = z.object({
  decisions: count
    .nullable()
    .describe('About how many were not sent; null: more than could be counted, or that are kept.'),
});

/** One event; `id`, of decisions only, is for `Last-Event-ID`. */
export const eventItem = z.discriminatedUnion('event', [
  z.object({ event: z.literal('decision'), id: z.string(), data: decision }),
  z.object({ event: z.literal('stats'), data: statsEvent }),
  z.object({ event: z.literal('status'), data: statusEvent }),
  z.object({ event: z.literal('skipped'), data: skippedEvent }),
]);

export type StatusEvent = z.infer<typeof statusEvent>;
