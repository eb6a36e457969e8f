/** A Redis URL, taken apart. Never shown: it may hold a password. */
export interface Address {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly tls: boolean;
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** Of a Sentinel deployment. */
  readonly master?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly db?: number | undefined;
}

const URL_PATTERN = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/?#]+)(\/[^?#]*)?$/;
const EXPECTED =
  'expected redis://[user:password@]host[:port][/db], rediss://..., redis+sentinel://host:port,host:port/master[/db] or redis+cluster://host:port,host:port';

/** Throws TypeError that says what is expected and never what was given: it may hold a password. */
export function parseRedisUrl(url: string): Address {
  const match = URL_PATTERN.exec(url.trim());
  if (match === null) throw new TypeError(`the Redis URL can't be read: ${EXPECTED}`);
  const [, scheme, kind = 'single', login, hosts = '', path = ''] = match;
  const nodes = hosts.split(',').map((host) => nodeOf(host, kind === 'sentinel' ? 26_379 : 6379));
  if (kind === 'single' && nodes.length > 1)
    throw new TypeError('the Redis URL names several hosts: use redis+cluster:// or redis+sentinel://');
  const steps = path.split('/').slice(1).map(decodeURIComponent);
  const master = kind === 'sentinel' ? steps.shift() : undefined;
  if (kind === 'sentinel' && !master) throw new TypeError(`the Redis URL names no master: ${EXPECTED}`);
  const [db = ''] = steps;
  if (db !== '' && !/^\d{1,5}$/.test(db))
    throw new TypeError(`the Redis URL has no valid database number: ${EXPECTED}`);
  if (kind === 'cluster' && db !== '' && db !== '0') throw new TypeError('a Redis Cluster has database 0 only');
  return {
    kind: kind as Address['kind'],
    tls: scheme === 'rediss',
    nodes,
    ...(master && { master }),
    ...credentials(login),
    ...(db !== '' && { db: Number(db) }),
  };
}

function nodeOf(text: string, defaultPort: number): { host: string; port: number } {
  const match = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text.trim());
  if (match === null) throw new TypeError(`the Redis URL has a host that can't be read: ${EXPECTED}`);
  return { host: (match[1] as string).replace(/^\[|\]$/g, ''), port: Number(match[2] ?? defaultPort) };
}

function credentials(login: string | undefined): { username?: string; password?: string } {
  if (!login) return {};
  const at = login.indexOf(':');
  if (at === -1) return { username: decodeURIComponent(login) };
  const username = decodeURIComponent(login.slice(0, at));
  return { ...(username && { username }), password: decodeURIComponent(login.slice(at + 1)) };
}
