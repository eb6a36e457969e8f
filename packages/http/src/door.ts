import type { ChatCall, Exchange } from '@nearhit/core';
import { type AppDeps, createApp } from './app.ts';
import { createAuthorize } from './authorize.ts';
import { createChatHandler } from './chat/chat.ts';
import { sendError } from './reply.ts';
import { closeServer, createServer, listen } from './server.ts';

export interface DoorDeps extends Omit<AppDeps, 'chat' | 'authorize'> {
  readonly answer: (call: ChatCall) => Promise<Exchange>;
  /** Who may use the data plane, as configured now. */
  readonly auth: () => 'required' | 'optional';
  readonly port: number;
  readonly host: string;
}

export interface Door {
  readonly url: string;
  /** No new requests; those in flight finish (30 s). */
  close(): Promise<void>;
}

const SHUTDOWN_GRACE_MS = 30_000;

/** The public port: data plane, admin plane and operations on one listening server. */
export async function openDoor(deps: DoorDeps): Promise<Door> {
  const { answer, bodyBytesMax, log } = deps;
  const authorize = createAuthorize(deps.auth, deps.admin.token);
  const fail: Parameters<typeof createChatHandler>[0]['fail'] = (req, res, error) => sendError(req, res, error, log);
  const chat = createChatHandler({ answer, bodyBytesMax, authorize, fail });
  const server = createServer(createApp({ ...deps, chat, authorize }), {
    fast: (req, res) => {
      if (req.method !== 'POST' || req.url !== '/v1/chat/completions') return false;
      chat(req, res);
      return true;
    },
  });
  const url = await listen(server, deps.port, deps.host);
  return { url, close: () => closeServer(server, SHUTDOWN_GRACE_MS) };
}
