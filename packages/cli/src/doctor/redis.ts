import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Finding, fail, ok, warn, why } from './finding.ts';

const TIMEOUT_MS = 3000;
/** Replicas agree on policies, lives and windows by their clocks. */
const SKEW_MS_MAX = 1000;
const MAJOR_MIN = 7;

/** Is it there, new enough, not forgetful, and of the same time? Of an address that is one node's. */
export async function checkRedis(address: string, now: () => number): Promise<Finding[]> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol))
    return [
      warn('redis', `${hidden(address)} is no address of one node`, 'Sentinel and Cluster are not looked into here.'),
    ];
  try {
    const [server = '', memory = '', time = ''] = await asked(url, [['INFO', 'server'], ['INFO', 'memory'], ['TIME']]);
    return [versionOf(server), policyOf(memory), clockOf(time, now())];
  } catch (error) {
    return [
      fail(
        'redis',
        `${hidden(address)}: ${why(error)}`,
        'Start it (Redis 7 or newer), or mend REDIS_URL; without REDIS_URL everything runs in one process.',
      ),
    ];
  }
}

const hidden = (address: string): string => address.replace(/\/\/[^@/]*@/, '//***@');

function versionOf(info: string): Finding {
  const version = /^(?:valkey_version|redis_version):(\S+)/m.exec(info)?.[1] ?? '?';
  if (Number.parseInt(version, 10) >= MAJOR_MIN) return ok('redis', `version ${version}`);
  return fail('redis', `version ${version}`, 'Redis 7 or newer is needed, or Valkey.');
}

function policyOf(info: string): Finding {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? '?';
  if (policy === 'noeviction' || /^maxmemory:0\r?$/m.test(info)) return ok('redis memory', policy);
  return warn(
    'redis memory',
    policy,
    'Set maxmemory-policy to noeviction: else Redis drops jobs and accounts, not only answers.',
  );
}

function clockOf(time: string, nowMs: number): Finding {
  const [seconds = Number.NaN, micros = Number.NaN] = time.split('\n').map(Number);
  const skewMs = Math.round(nowMs - (seconds * 1000 + micros / 1000));
  if (!Number.isFinite(skewMs)) return warn('clock', 'Redis told no time', 'Compare the clocks of the machines.');
  if (Math.abs(skewMs) <= SKEW_MS_MAX) return ok('clock', `${Math.abs(skewMs)} ms from that of Redis`);
  return fail('clock', `${skewMs} ms from that of Redis`, 'Set the clocks of the machines (NTP).');
}

/** One reply of text for each command, in order. RESP, https://redis.io/docs/latest/develop/reference/protocol-spec/. */
async function asked(url: URL, commands: readonly string[][]): Promise<string[]> {
  const socket = opened(url);
  const { username, password } = url;
  const login =
    password === ''
      ? []
      : [['AUTH', ...(username === '' ? [] : [decodeURIComponent(username)]), decodeURIComponent(password)]];
  const all = [...login, ...commands];
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')));
  socket.write(all.map(encoded).join(''));
  try {
    const replies: string[] = [];
    let text = '';
    for await (const piece of socket.setEncoding('utf8')) {
      text += piece;
      for (let reply = take(text); reply !== undefined; reply = take(text)) {
        text = text.slice(reply.length);
        if (reply.text.startsWith('-')) throw new Error(reply.text.slice(1));
        if (replies.push(reply.text) === all.length) return replies.slice(login.length);
      }
    }
    throw new Error('it hung up');
  } finally {
    socket.destroy();
  }
}

function opened(url: URL): Socket {
  const at = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 6379) };
  return url.protocol === 'rediss:' ? connectTls({ ...at, servername: at.host }) : connectPlain(at);
}

const encoded = (words: readonly string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

/** The first whole reply; an array's parts one under the other. INFO and TIME answer in ASCII. */
function take(text: string): { readonly text: string; readonly length: number } | undefined {
  const end = text.indexOf('\r\n');
  if (end < 0) return undefined;
  const [kind, count] = [text[0], Number(text.slice(1, end))];
  if (kind === '$') {
    const length = end + 2 + count + 2;
    return text.length < length ? undefined : { text: text.slice(end + 2, length - 2), length };
  }
  if (kind !== '*') return { text: text.slice(0, end), length: end + 2 };
  let [length, parts] = [end + 2, ''];
  for (let i = 0; i < count; i += 1) {
    const part = take(text.slice(length));
    if (part === undefined) return undefined;
    parts += `${part.text}\n`;
    length += part.length;
  }
  return { text: parts, length };
}
