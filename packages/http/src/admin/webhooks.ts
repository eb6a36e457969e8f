import { type DocumentEvent, type DocumentEventReport, NAMESPACE_PATTERN } from '@nearhit/core';
import { z } from 'zod';
import { type Operation, operation } from './operation.ts';
import { count } from './schemas.ts';

export interface WebhookDeps {
  /** Absent: there are no webhooks here. */
  readonly documents?: { apply(events: readonly DocumentEvent[]): Promise<DocumentEventReport[]> } | undefined;
  /** What senders sign their events with. Absent: only the admin token lets them in. */
  readonly webhookSecret?: string | undefined;
}

/** Senders put more into their events than we ask for. */
const documentEvent = z.looseObject({
  id: z.string().min(1).max(256).optional().describe('Of the event: one that comes again is not acted on again.'),
  event: z.enum(['document.updated', 'document.deleted']),
  document: z.looseObject({
    id: z.string().min(1).max(512).describe('As requests name it in `nearhit.context`.'),
    version: z
      .union([z.string().min(1).max(128), z.number()])
      .optional()
      .describe('Of an update: answers that rest on an older one are dropped. Absent: all are.'),
  }),
  namespaces: z
    .array(z.string().regex(NAMESPACE_PATTERN, 'expected 1 to 128 characters out of A-Z a-z 0-9 . _ : -'))
    .min(1)
    .max(20)
    .optional()
    .describe('Absent: in all of them.'),
});
export const documentsBody = z.union([documentEvent, z.array(documentEvent).min(1).max(100)]);

export const documentsAnswer = z.object({
  events: count,
  duplicates: count.describe('Events that had been acted on before.'),
  matched: count,
  deleted: count,
  results: z.array(
    z.object({
      id: z.string().nullable(),
      event: z.enum(['document.updated', 'document.deleted']),
      document: z.string(),
      duplicate: z.boolean(),
      matched: count,
      deleted: count,
    }),
  ),
});

export function webhookOperations({ documents }: WebhookDeps): Operation[] {
  if (documents === undefined) return [];
  return [
    operation({
      method: 'post',
      path: '/webhooks/documents',
      id: 'documentsChanged',
      summary:
        'Documents changed elsewhere: drops the answers that rest on what they were. One event or a list of them.',
      signed: true,
      body: documentsBody,
      answer: documentsAnswer,
      handle: async ({ body }) => {
        const results = await documents.apply(Array.isArray(body) ? body : [body]);
        const sum = (field: 'matched' | 'deleted') => results.reduce((total, one) => total + one[field], 0);
        return {
          events: results.length,
          duplicates: results.filter(({ duplicate }) => duplicate).length,
          matched: sum('matched'),
          deleted: sum('deleted'),
          results,
        };
      },
    }),
  ];
}
