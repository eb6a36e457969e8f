import type { Socket } from 'node:net';
import { buildConnector } from 'undici';

/** Errors of connections that had answered before. */
const ofReused = new WeakSet<object>();

/** Opens connections as undici does, and remembers of their errors whether they had been of use before. */
export function connectorOf(timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs });
  return (options, callback) => {
    connect(options, (...result) => {
      const [failure, socket] = result;
      if (failure === null) watch(socket);
      callback(...result);
    });
  };
}

function watch(socket: Socket): void {
  socket.on('error', (error) => {
    if (socket.bytesRead > 0) ofReused.add(error);
  });
}

/**
 * True when the connection that this error ended had brought an answer before. Of a call that has had no byte of its own,
 * it says that the connection was an old one, kept alive.
 */
export function wasReused(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  // undici's own errors, of a connection that was closed in good order, tell it.
  const { socket } = error as { socket?: { bytesRead?: number } };
  return ofReused.has(error) || (socket?.bytesRead ?? 0) > 0;
}
