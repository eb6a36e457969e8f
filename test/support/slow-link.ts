import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that takes its time: what a client sends arrives `delayMs` later. */
export class SlowLink {
  delayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.#server = createServer((client) => this.#link(client, port));
  }

  static async to(port: number): Promise<SlowLink> {
    const link = new SlowLink(port);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #link(client: Socket, port: number): void {
    const server = connect(port, '127.0.0.1').setNoDelay();
    client.setNoDelay();
    server.pipe(client);
    let dueAtMs = 0;
    client.on('data', (piece: Buffer) => {
      // Whatever the delay is changed to, nothing overtakes what was sent before.
      dueAtMs = Math.max(dueAtMs, performance.now() + this.delayMs);
      setTimeout(() => server.writable && server.write(piece), dueAtMs - performance.now());
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }
}
