import type { Server } from 'node:http';
import request from 'supertest';
import { type AppDeps, createApp } from '../src/app.ts';
import { closeServer, createServer, type ServerOptions } from '../src/server.ts';
import { house, listen, TOKEN } from './house.ts';

const servers: Server[] = [];

/** Closed by `closeAll`. */
export function keep(server: Server): Server {
  servers.push(server);
  return server;
}

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => closeServer(server, 0)));
}

type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';

/** The app on a port of its own. `call`: any path; `admin`: under /admin/v1 with the token. */
export async function start(changes: Partial<AppDeps> = {}, options: ServerOptions = {}) {
  const parts = house();
  const app = createApp({ ...parts.deps, ...changes });
  const server = keep(createServer(app, options));
  const url = await listen(server);
  const call = request(url);
  const admin = (method: Method, path: string) =>
    call[method](`/admin/v1${path}`).set('authorization', `Bearer ${TOKEN}`);
  return { ...parts, app, server, url, call, admin };
}
