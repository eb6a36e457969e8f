import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type FileService, fileObject } from '@nearhit/batch';
import { type Caller, invalidRequest, NearhitError } from '@nearhit/core';
import { z } from 'zod';
import { sendJson } from '../reply.ts';
import type { Authorize } from '../request.ts';
import type { Route } from '../routes.ts';
import { callerFor } from './feature.ts';
import { listOf, pageQuery } from './lists.ts';
import { readUpload } from './multipart.ts';

export interface FilesDeps {
  readonly files: FileService;
  /** Absent: everybody may ask. */
  readonly authorize?: Authorize | undefined;
}

const LIST_MAX = 10_000;
const listQuery = pageQuery(LIST_MAX, LIST_MAX).extend({
  order: z.enum(['asc', 'desc']).default('desc'),
  purpose: z.enum(['batch', 'batch_output']).optional(),
});

/** As OpenAI has it: from an hour to thirty days. */
const expirySeconds = z.coerce.number().int().min(3600).max(2_592_000);
const expiry = z.object({ anchor: z.literal('created_at'), seconds: expirySeconds });

/** OpenAI's `/v1/files`, for batches. */
export function fileRoutes({ files, authorize }: FilesDeps): Route[] {
  const callerOf = (req: IncomingMessage): Promise<Caller> => callerFor(req, 'files', authorize);
  const id = (req: { params: unknown }): string => String((req.params as { id?: string }).id ?? '');
  return [
    {
      method: 'post',
      path: '/files',
      handler: async (req, res) => sendJson(res, 200, await upload(req, await callerOf(req), files)),
    },
    {
      method: 'get',
      path: '/files',
      handler: async (req, res) => {
        const caller = await callerOf(req);
        const listing = checked(listQuery, req.query);
        const page = await files.list(caller, listing);
        sendJson(res, 200, listOf(page.files.map(fileObject), page.hasMore));
      },
    },
    {
      method: 'get',
      path: '/files/:id',
      handler: async (req, res) => sendJson(res, 200, fileObject(await files.get(await callerOf(req), id(req)))),
    },
    {
      method: 'get',
      path: '/files/:id/content',
      handler: async (req, res) => sendContent(res, files, await callerOf(req), id(req)),
    },
    {
      method: 'delete',
      path: '/files/:id',
      handler: async (req, res) => {
        await files.delete(await callerOf(req), id(req));
        sendJson(res, 200, { id: id(req), object: 'file', deleted: true });
      },
    },
  ];
}

export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalidRequest(result.error);
}

async function upload(req: IncomingMessage, caller: Caller, files: FileService) {
  const draft = await files.upload(caller);
  try {
    const { fields, filename } = await readUpload(req, {
      field: 'file',
      append: draft.append,
      bytesMax: files.bytesMax,
      tooLarge: () => draft.tooLarge(),
    });
    if (filename === undefined) throw missing('file');
    const purpose = fields.get('purpose');
    if (purpose === undefined) throw missing('purpose');
    if (purpose !== 'batch') throw wrongPurpose(purpose);
    return fileObject(await draft.finish({ filename, expiresAfterSeconds: expirySecondsOf(fields) }));
  } finally {
    await draft.discard();
  }
}

function expirySecondsOf(fields: ReadonlyMap<string, string>): number | undefined {
  const anchor = fields.get('expires_after[anchor]');
  const seconds = fields.get('expires_after[seconds]');
  if (anchor === undefined && seconds === undefined) return undefined;
  const result = expiry.safeParse({ anchor, seconds });
  if (!result.success) throw invalidRequest(result.error, 'expires_after');
  return result.data.seconds;
}

function missing(param: string): NearhitError {
  return new NearhitError('INVALID_REQUEST', `Missing required parameter: '${param}'.`, { param });
}

function wrongPurpose(given: string): NearhitError {
  const message = `Invalid request: 'purpose': expected 'batch', got '${given.slice(0, 100)}'. Files of other purposes are not kept here.`;
  return new NearhitError('INVALID_REQUEST', message, { param: 'purpose' });
}

async function sendContent(res: ServerResponse, files: FileService, caller: Caller, id: string): Promise<void> {
  const { file, pieces } = await files.content(caller, id);
  res.setHeader('content-type', 'application/octet-stream');
  res.setHeader('content-length', file.bytes);
  res.setHeader('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.filename)}`);
  try {
    await pipeline(Readable.from(pieces, { objectMode: false }), res);
  } catch (error) {
    // A client that went away is no failure; a file that did can only show as a cut.
    if (!res.destroyed) res.destroy(error as Error);
  }
}
