import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ChatCall, Exchange } from '@nearhit/core';
import type { Application } from 'express';
import { type AppDeps, createApp } from './app.ts';
import { createAuthorize, type Keyring } from './authorize.ts';
import type { ChatDeps } from './chat/chat.ts';
import { type AnswerDoors, createAnswerDoors } from './chat/doors.ts';
import { readProviderPath } from './provider-path.ts';
import { sendError } from './reply.ts';
import { closeServer, createServer, listen } from './server.ts';

export interface WireDeps extends Omit<AppDeps, 'doors' | 'authorize'> {
  readonly answer: (call: ChatCall) => Promise<Exchange>;
  /** Who may use the data plane, as configured now. */
  readonly auth: () => 'required' | 'optional';
  /** Absent: requests are not traced. */
  readonly trace?: ChatDeps['trace'];
  /** Absent: there are no API keys. */
  readonly keyring?: Keyring | undefined;
}

export interface DoorDeps extends WireDeps, ListenAt {}

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
  const { upstream } = deps;
  const { doors, authorize } = guarded(deps);
  const isProvider = (id: string) => upstream.providers().some((provider) => provider.id === id);
  const closing = new AbortController();
  const admin = { ...deps.admin, closing: closing.signal };
  const door = await openServer(createApp({ ...deps, doors, authorize, admin }), deps, shortcut(doors, isProvider));
  return {
    ...door,
    close() {
      closing.abort();
      return door.close();
    },
  };
}

/** The doors of the answers, and who may come in. */
export function guarded(deps: WireDeps) {
  const { answer, bodyBytesMax, enter, log, trace } = deps;
  const authorize = createAuthorize({ ...deps, token: deps.admin.token, now: deps.admin.now });
  const fail: ChatDeps['fail'] = (req, res, error, shape) => sendError(req, res, error, log, shape);
  return { authorize, doors: createAnswerDoors({ answer, bodyBytesMax, authorize, enter, fail, trace }) };
}

type Shortcut = (req: IncomingMessage, res: ServerResponse) => boolean;

/** To the doors without Express. What it does not know at a glance, a query for instance, goes the usual way. */
function shortcut(doors: AnswerDoors, isProvider: (id: string) => boolean): Shortcut {
  const direct = new Map(Object.entries(doors).map(([path, door]) => [`/v1${path}`, door]));
  return (req, res) => {
    if (req.method !== 'POST' || req.url === undefined) return false;
    const door = direct.get(req.url);
    if (door !== undefined) {
      door(req, res);
      return true;
    }
    const named = req.url.startsWith('/v1/') ? undefined : readProviderPath(req.url);
    const within = named && Object.hasOwn(doors, named.path) ? doors[named.path as keyof AnswerDoors] : undefined;
    if (named === undefined || within === undefined || !isProvider(named.provider)) return false;
    within(req, res, named.provider);
    return true;
  };
}

/** `fast`: asked ahead of the app; true: it has taken the request. */
export async function openServer(app: Application, { port, host }: ListenAt, fast?: Shortcut): Promise<Door> {
  const server = createServer(app, { fast });
  const url = await listen(server, port, host);
  return { url, close: () => closeServer(server, SHUTDOWN_GRACE_MS) };
}
