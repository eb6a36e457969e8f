import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ChatCall, Exchange } from '@nearhit/core';
import type { Application } from 'express';
import { type AppDeps, createApp } from './app.ts';
import { createAuthorize, type Keyring } from './authorize.ts';
import { createChatHandler } from './chat/chat.ts';
import { sendError } from './reply.ts';
import { closeServer, createServer, listen } from './server.ts';

export interface DoorDeps extends Omit<AppDeps, 'chat' | 'authorize'>, ListenAt {
  readonly answer: (call: ChatCall) => Promise<Exchange>;
  /** Who may use the data plane, as configured now. */
  readonly auth: () => 'required' | 'optional';
  /** Absent: there are no API keys. */
  readonly keyring?: Keyring | undefined;
}

/** A listening server. */
export interface Door {
  readonly url: string;
  /** No new requests; those in flight finish (30 s). */
  close(): Promise<void>;
}

export interface ListenAt {
  readonly port: number;
  readonly host: string;
}

const SHUTDOWN_GRACE_MS = 30_000;

/** The public port: data plane, admin plane and operations on one listening server. */
export async function openDoor(deps: DoorDeps): Promise<Door> {
  const { answer, bodyBytesMax, enter, log } = deps;
  const authorize = createAuthorize({ ...deps, token: deps.admin.token });
  const fail: Parameters<typeof createChatHandler>[0]['fail'] = (req, res, error) => sendError(req, res, error, log);
  const chat = createChatHandler({ answer, bodyBytesMax, authorize, enter, fail });
  return openServer(createApp({ ...deps, chat, authorize }), deps, (req, res) => {
    if (req.method !== 'POST' || req.url !== '/v1/chat/completions') return false;
    chat(req, res);
    return true;
  });
}

/** `fast`: asked ahead of the app; true: it has taken the request. */
export async function openServer(
  app: Application,
  { port, host }: ListenAt,
  fast?: (req: IncomingMessage, res: ServerResponse) => boolean,
): Promise<Door> {
  const server = createServer(app, { fast });
  const url = await listen(server, port, host);
  return { url, close: () => closeServer(server, SHUTDOWN_GRACE_MS) };
}
