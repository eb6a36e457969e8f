import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface OriginCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** 1 for the first call of a connection. */
  readonly ofConnection: number;
  readonly socket: Socket;
}

export type OriginScript = (call: OriginCall, response: ServerResponse, index: number) => void;

export interface Origin {
  readonly url: string;
  readonly port: number;
  readonly calls: OriginCall[];
  /** Calls whose connection went away before the answer was complete. */
  readonly cut: () => number;
  /** Open connections. */
  readonly connections: () => number;
  script(next: OriginScript): void;
  /** All at once, whatever they are doing. */
  closeConnections(): void;
  close(): Promise<void>;
}

/** A real server on a free port (or `port`) that does what a test tells it. */
export async function startOrigin(script: OriginScript, port = 0): Promise<Origin> {
  const calls: OriginCall[] = [];
  const sockets = new Map<Socket, number>();
  let current = script;
  let cut = 0;
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    void readAll(request).then((body) => {
      const { socket } = request;
      const ofConnection = (sockets.get(socket) ?? 0) + 1;
      sockets.set(socket, ofConnection);
      const { method = '', url = '', headers } = request;
      const call: OriginCall = { method, path: url, headers, body, ofConnection, socket };
      response.on('close', () => {
        if (!response.writableFinished) cut++;
      });
      calls.push(call);
      current(call, response, calls.length - 1);
    });
  });
  server.on('connection', (socket) => {
    sockets.set(socket, 0);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    port: address.port,
    calls,
    cut: () => cut,
    connections: () => sockets.size,
    script(next) {
      current = next;
    },
    closeConnections() {
      for (const socket of sockets.keys()) socket.destroy();
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets.keys()) socket.destroy();
      return closed;
    },
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  request.on('error', () => {});
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export function json(value: unknown, status = 200): OriginScript {
  return (_call, response) => {
    const body = JSON.stringify(value);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  };
}

/** Bytes as they are, status line and headers included. */
export function raw(text: string, then: 'keep' | 'end' | 'reset' = 'end'): OriginScript {
  return ({ socket }) => {
    socket.write(text, () => {
      if (then === 'end') socket.end();
      if (then === 'reset') socket.resetAndDestroy();
    });
  };
}
