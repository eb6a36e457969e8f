import { createServer as createHttpServer, IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ERRORS, NearhitError } from '@nearhit/core';
import type { Application, Request, Response } from 'express';
import { onBodyWanted } from './body.ts';

export interface ServerOptions {
  /** Asked ahead of the app. True: it has taken the request. Must not throw. */
  readonly fast?: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined;
  /** A whole request, slow uploads included. */
  readonly requestTimeoutMs?: number | undefined;
  readonly headersTimeoutMs?: number | undefined;
  /** Longer than the usual 60 s of load balancers, so that it is they who close. */
  readonly keepAliveTimeoutMs?: number | undefined;
}

/**
 * A server for the app whose requests and responses are made with the app's own prototypes: express sets them on every
 * request, which costs V8 the object's shape unless it changes nothing. Use routers inside the app, not nested apps.
 */
export function createServer(app: Application, options: ServerOptions = {}): Server {
  const { fast } = options;
  const listener = (req: IncomingMessage, res: ServerResponse): void => {
    if (fast?.(req, res) !== true) app(req as Request, res as Response);
  };
  const requestTimeout = options.requestTimeoutMs ?? 300_000;
  const server = createHttpServer(
    {
      ...prototypesOf(app),
      requestTimeout,
      headersTimeout: Math.min(options.headersTimeoutMs ?? 30_000, requestTimeout),
      keepAliveTimeout: options.keepAliveTimeoutMs ?? 72_000,
      connectionsCheckingInterval: Math.min(5_000, requestTimeout),
      maxHeaderSize: 32_768,
    },
    listener,
  );
  server.on('checkContinue', (req, res) => {
    onBodyWanted(req, () => res.writeContinue());
    listener(req, res);
  });
  server.on('clientError', answerBrokenRequest);
  keepTrack(server);
  return server;
}

const connections = new WeakMap<Server, Set<Socket>>();

function keepTrack(server: Server): void {
  const open = new Set<Socket>();
  connections.set(server, open);
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
}

/** A client that is not told would send its next request into a connection that is about to close. */
function endKeepAlive(server: Server): void {
  server.prependListener('request', (_req, res) => {
    res.shouldKeepAlive = false;
  });
  for (const socket of connections.get(server) ?? []) {
    const response = responseOn(socket);
    if (response?.headersSent === false) response.shouldKeepAlive = false;
  }
}

const responseOn = (socket: Socket): ServerResponse | null | undefined =>
  (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage;

/** Clients connect ahead of their next request; Node counts such a connection as busy until its headers are overdue. */
function closeUnused(server: Server): void {
  for (const socket of connections.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy();
}

function prototypesOf(app: Application): {
  IncomingMessage: typeof IncomingMessage;
  ServerResponse: typeof ServerResponse;
} {
  class AppRequest extends IncomingMessage {}
  class AppResponse extends ServerResponse {}
  const own = app as Application & { request: object; response: object };
  own.request = Object.setPrototypeOf(AppRequest.prototype, own.request);
  own.response = Object.setPrototypeOf(AppResponse.prototype, own.response);
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse as typeof ServerResponse };
}

/** Not HTTP, headers too long, or a request that did not arrive in time. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  const response = responseOn(socket);
  if (error.code === 'ECONNRESET' || !socket.writable || response?.headersSent === true) {
    socket.destroy();
    return;
  }
  const { status, reason, body } = describe(error.code);
  const json = JSON.stringify(body);
  const head = `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${json}`);
}

function describe(code: string | undefined): { status: number; reason: string; body: object } {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const error = new NearhitError('BODY_TIMEOUT', 'The request did not arrive in time.');
    return { status: error.status, reason: 'Request Timeout', body: error.toBody() };
  }
  const message =
    code === 'HPE_HEADER_OVERFLOW' ? 'The request headers are too long.' : 'The request is not valid HTTP.';
  const { error } = new NearhitError('INVALID_REQUEST', message).toBody();
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { status: 431, reason: 'Request Header Fields Too Large', body: { error } };
  }
  return { status: ERRORS.INVALID_REQUEST.status, reason: 'Bad Request', body: { error } };
}

/** Resolves to the address it can be reached at from this machine. */
export async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${(server.address() as AddressInfo).port}`;
}

/** No new connections; requests in flight may finish for `graceMs`, then they are cut. */
export async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A connection that becomes idle after close() would be kept until its keep-alive runs out.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  endKeepAlive(server);
  closeUnused(server);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(cut);
}
