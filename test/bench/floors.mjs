// What the platform itself costs: the least that a proxy, or a cache, on Node can do.
//   pass <upstream origin>   node:http and an undici.Pool
//   lru                      node:http, SHA-256 of the body, an LRU in memory that answers with the bytes it is given
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { LRUCache } from 'lru-cache';
import { Pool } from 'undici';
import { announce } from './child.mjs';

const [kind, origin] = process.argv.slice(2);

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

function lru() {
  const cache = new LRUCache({ max: 10_000 });
  let bytes = { json: Buffer.alloc(1024, 'x'), stream: Buffer.alloc(1024, 'x') };
  process.on('message', ({ json, stream }) => {
    bytes = { json: Buffer.from(json, 'base64'), stream: Buffer.from(stream, 'base64') };
    cache.clear();
    process.send({ ready: true });
  });
  return (req, res) =>
    read(req, (body) => {
      const key = createHash('sha256').update(body).digest('base64');
      let known = cache.get(key);
      if (known === undefined) {
        const stream = body.includes('"stream":true');
        known = { type: stream ? 'text/event-stream' : 'application/json', body: stream ? bytes.stream : bytes.json };
        cache.set(key, known);
      }
      res.writeHead(200, { 'content-type': known.type, 'content-length': known.body.length });
      res.end(known.body);
    });
}

announce(createServer(kind === 'pass' ? passThrough() : lru()));
