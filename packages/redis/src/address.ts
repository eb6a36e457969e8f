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
  if (match === null) throw refused("can't be read");
  const [, scheme, given = 'single', login, hosts = '', path = ''] = match;
  const kind = given as Address['kind'];
  const nodes = hosts.split(',').map((host) => nodeOf(host, kind === 'sentinel' ? 26_379 : 6379));
  if (kind === 'single' && nodes.length > 1)
    throw new TypeError('the Redis URL names several hosts: use redis+cluster:// or redis+sentinel://');
  return { kind, tls: scheme === 'rediss', nodes, ...credentials(login), ...placeOf(path, kind) };
}

function refused(why: string): TypeError {
  return new TypeError(`the Redis URL ${why}: ${EXPECTED}`);
}

function nodeOf(text: string, defaultPort: number): { host: string; port: number } {
  // Strict, so that a password with an `@` of its own does not end up in the name of a host.
  const match = /^(?:\[([\da-f:.%]+)\]|([\w.-]+))(?::(\d{1,5}))?$/i.exec(text.trim());
  const port = Number(match?.[3] ?? defaultPort);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port < 1 || port > 65_535) throw refused("has a host that can't be read");
  return { host, port };
}

function placeOf(path: string, kind: Address['kind']): { master?: string; db?: number } {
  const steps = path.split('/').slice(1).map(decoded);
  const master = kind === 'sentinel' ? steps.shift() : undefined;
  if (kind === 'sentinel' && !/^[\w.-]+$/.test(master ?? '')) throw refused('names no master');
  const [db = '', ...more] = steps;
  if (more.length > 0 || (db !== '' && !/^\d{1,5}$/.test(db))) throw refused('has no valid database number');
  if (kind === 'cluster' && Number(db) !== 0) throw new TypeError('a Redis Cluster has database 0 only');
  return { ...(master !== undefined && { master }), ...(db !== '' && { db: Number(db) }) };
}

function credentials(login: string | undefined): { username?: string; password?: string } {
  if (!login) return {};
  const at = login.indexOf(':');
  if (at === -1) return { username: decoded(login) };
  const username = decoded(login.slice(0, at));
  return { ...(username && { username }), password: decoded(login.slice(at + 1)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused("can't be read");
  }
}
