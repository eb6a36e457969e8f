import type { IncomingMessage } from 'node:http';
import { type BatchService, batchObject } from '@nearhit/batch';
import { type Caller, CONTROL_HEADERS } from '@nearhit/core';
import { z } from 'zod';
import { readJson } from '../body.ts';
import { sendJson } from '../reply.ts';
import type { Authorize } from '../request.ts';
import type { Route } from '../routes.ts';
import { callerFor } from './feature.ts';
import { checked } from './files.ts';
import { listOf, pageQuery } from './lists.ts';

export interface BatchesDeps {
  readonly batches: BatchService;
  readonly bodyBytesMax: number;
  /** Absent: everybody may ask. */
  readonly authorize?: Authorize | undefined;
}

const METADATA_KEYS_MAX = 16;

/** OpenAI's body; the fields it does not know are left alone, as there. */
const newBatch = z.object({
  input_file_id: z.string('expected the id of a file').min(1).max(256),
  endpoint: z.string('expected an endpoint such as /v1/chat/completions').max(256),
  completion_window: z.string("expected '24h'").max(64),
  metadata: z
    .record(z.string().max(64), z.string().max(512))
    .refine(
      (metadata) => Object.keys(metadata).length <= METADATA_KEYS_MAX,
      `expected at most ${METADATA_KEYS_MAX} keys`,
    )
    .nullish(),
  output_expires_after: z
    .object({ anchor: z.literal('created_at'), seconds: z.number().int().min(3600).max(2_592_000) })
    .nullish(),
  nearhit: z.strictObject({ concurrency: z.number().int().min(1).max(1000).optional() }).nullish(),
});

const listQuery = pageQuery(100, 20);

/** OpenAI's `/v1/batches`. */
export function batchRoutes({ batches, bodyBytesMax, authorize }: BatchesDeps): Route[] {
  const callerOf = (req: IncomingMessage): Promise<Caller> => callerFor(req, 'batches', authorize);
  const id = (req: { params: unknown }): string => String((req.params as { id?: string }).id ?? '');
  return [
    {
      method: 'post',
      path: '/batches',
      handler: async (req, res) => {
        const caller = await callerOf(req);
        const body = checked(newBatch, await readJson(req, bodyBytesMax));
        const batch = await batches.create(caller, {
          endpoint: body.endpoint,
          inputFileId: body.input_file_id,
          completionWindow: body.completion_window,
          metadata: body.metadata ?? undefined,
          outputExpiresAfterSeconds: body.output_expires_after?.seconds,
          concurrency: body.nearhit?.concurrency,
          headers: controlsOf(req),
        });
        sendJson(res, 200, batchObject(batch));
      },
    },
    {
      method: 'get',
      path: '/batches',
      handler: async (req, res) => {
        const page = await batches.list(await callerOf(req), checked(listQuery, req.query));
        sendJson(res, 200, listOf(page.batches.map(batchObject), page.hasMore));
      },
    },
    {
      method: 'get',
      path: '/batches/:id',
      handler: async (req, res) => sendJson(res, 200, batchObject(await batches.get(await callerOf(req), id(req)))),
    },
    {
      method: 'post',
      path: '/batches/:id/cancel',
      handler: async (req, res) => sendJson(res, 200, batchObject(await batches.cancel(await callerOf(req), id(req)))),
    },
  ];
}

/** What the request that makes a batch says about the cache, it says for all lines. */
function controlsOf(req: IncomingMessage): Record<string, string> {
  const controls: Record<string, string> = {};
  for (const name of CONTROL_HEADERS) {
    const value = req.headers[name];
    if (name.startsWith('x-nearhit-') && typeof value === 'string') controls[name] = value;
  }
  return controls;
}
