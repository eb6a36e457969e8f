// What the platform itself costs: the least that a proxy, or a cache, on Node can do.
//   pass <upstream origin>   node:http and an undici.Pool
//   lru                      node:http, SHA-256 of the body, an LRU in memory that answers with the bytes it is given
//   redis <url> plain|pipelined   node:http, SHA-256 of the body, ioredis GET of the bytes it is given; with automatic
//                            pipelines, or without
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { Pool } from 'undici';
import { announce } from './child.mjs';

const [kind, origin, pipelines] = process.argv.slice(2);

function read(req, then) {
  const parts = [];
  req.on('data', (part) => parts.push(part));
  req.on('end', () => then(parts.length === 1 ? parts[0] : Buffer.concat(parts)));
}

class PassThrough {
  #res;
  constructor(res) {
    this.#res = res;
  }
  onRequestStart() {}
  onResponseStart(_controller, status, headers) {
    const kept = { 'content-type': headers['content-type'] };
    if (headers['content-length'] !== undefined) kept['content-length'] = headers['content-length'];
    this.#res.writeHead(status, kept);
  }
  onResponseData(_controller, part) {
    this.#res.write(part);
  }
  onResponseEnd() {
    this.#res.end();
  }
  onResponseError() {
    if (this.#res.headersSent) this.#res.destroy();
    else this.#res.writeHead(502).end();
  }
}

function passThrough() {
  const pool = new Pool(origin, { connections: 200, pipelining: 1 });
  return (req, res) =>
    read(req, (body) => {
      const headers = { 'content-type': 'application/json', authorization: req.headers.authorization ?? '' };
      pool.dispatch({ method: 'POST', path: req.url, headers, body }, new PassThrough(res));
    });
}

const JSON_TYPE = 'application/json';
const STREAM_TYPE = 'text/event-stream';
const typeOf = (body) => (body.includes('"stream":true') ? STREAM_TYPE : JSON_TYPE);
const keyOf = (body) => createHash('sha256').update(body).digest('base64');

/** What to answer with, by content type: the gateway's own bytes, once the parent has sent them. */
function givenBytes(forget) {
  const bytes = { [JSON_TYPE]: Buffer.alloc(1024, 'x'), [STREAM_TYPE]: Buffer.alloc(1024, 'x') };
  process.on('message', async ({ json, stream }) => {
    bytes[JSON_TYPE] = Buffer.from(json, 'base64');
    bytes[STREAM_TYPE] = Buffer.from(stream, 'base64');
    await forget();
    process.send({ ready: true });
  });
  return bytes;
}

function reply(res, type, body) {
  res.writeHead(200, { 'content-type': type, 'content-length': body.length });
  res.end(body);
}

function lru() {
  const cache = new LRUCache({ max: 10_000 });
  const bytes = givenBytes(() => cache.clear());
  return (req, res) =>
    read(req, (body) => {
      const key = keyOf(body);
      let known = cache.get(key);
      if (known === undefined) {
        const type = typeOf(body);
        known = { type, body: bytes[type] };
        cache.set(key, known);
      }
      reply(res, known.type, known.body);
    });
}

function redis() {
  const client = new Redis(origin, { enableAutoPipelining: pipelines === 'pipelined' });
  const bytes = givenBytes(() => client.flushdb());
  return (req, res) =>
    read(req, async (body) => {
      const key = keyOf(body);
      const type = typeOf(body);
      const known = await client.getBuffer(key);
      if (known === null) await client.set(key, bytes[type]);
      reply(res, type, known ?? bytes[type]);
    });
}

const FLOORS = { pass: passThrough, lru, redis };
announce(createServer(FLOORS[kind]()));
