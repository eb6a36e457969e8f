import { z } from 'zod';

/** Sections for processes that work together: where the others are, and what passes between them. */

const EXPECTED_REDIS =
  'expected redis://[user:password@]host[:6379][/db], rediss://..., redis+sentinel://host:26379,.../master or redis+cluster://host:6379,...';

const LOGIN = String.raw`(?:[^@/\s]*@)?`;
const HOST = String.raw`(?:\[[0-9A-Fa-f:.]+\]|[^@:,/?#\s]+)(?::\d{1,5})?`;
const HOSTS = `${HOST}(?:,${HOST})*`;
const REDIS_URL = new RegExp(
  `^(?:rediss?://${LOGIN}${HOST}(?:/\\d{0,5})?` +
    `|rediss?\\+sentinel://${LOGIN}${HOSTS}/[^/?#\\s]+(?:/\\d{0,5})?` +
    `|rediss?\\+cluster://${LOGIN}${HOSTS}(?:/0?)?)$`,
);

/** An empty text is one that is not there: what `${NAME:-}` leaves behind. */
const optionalText = z
  .string()
  .transform((text) => text.trim() || undefined)
  .optional();

export const redisSchema = z.strictObject({
  url: z
    .string()
    .trim()
    .refine((url) => url === '' || REDIS_URL.test(url), { error: EXPECTED_REDIS })
    .transform((url) => url || undefined)
    .optional()
    .describe('Redis 7 or later, Valkey, Sentinel or Cluster. Absent: everything in one process, on LMDB.'),
  keyPrefix: z
    .string()
    .regex(/^[A-Za-z0-9._:-]{1,64}$/)
    .meta({ expected: '1 to 64 of the characters A-Z a-z 0-9 . _ : -' })
    .default('nearhit')
    .describe('Before every key and channel.'),
  caCertFile: optionalText.describe(
    'PEM: who signed the certificate of a `rediss://` server. Absent: the authorities that Node knows.',
  ),
  commandTimeoutMs: z.int().min(1).max(60_000).default(2_000).describe('No answer for so long: failed.'),
});

const serviceUrls = z
  .array(
    z
      .string()
      .trim()
      .superRefine((value, context) => {
        const fault = value === '' ? undefined : serviceUrlFault(value);
        if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
      }),
  )
  .max(256)
  // A replica named twice would be its own second owner.
  .transform((urls) => [...new Set(urls.filter((url) => url !== '').map((url) => url.replace(/\/+$/, '')))])
  .default([]);

export const servicesSchema = z.strictObject({
  embeddingUrls: serviceUrls.describe('None: in process.'),
  cacheUrls: serviceUrls.describe('None: in process. Needs Redis.'),
  internalToken: optionalText.describe('What the services show each other.'),
  internalTokenFile: optionalText.describe('A file that holds it; made where it is not there.'),
});

export const queueSchema = z.strictObject({
  concurrency: z.int().min(1).max(1_000).default(64).describe('Writes that one worker works on at once.'),
  ratePerSecond: z
    .number()
    .min(0.01)
    .max(1_000_000)
    .optional()
    .describe('Most writes that all workers begin in a second. Absent: no limit.'),
  flushMs: z.int().min(1).max(10_000).default(50).describe('Longest wait of an answer for others to be sent with it.'),
  entriesMax: z
    .int()
    .min(1)
    .max(10_000_000)
    .default(10_000)
    .describe('That may wait in this process; more are dropped and counted.'),
  attemptsMax: z.int().min(1).max(100).default(8).describe('Then it is a dead letter.'),
});

export const indexSchema = z.strictObject({
  bytesMax: z
    .int()
    .min(1_048_576)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Partitions used least recently are closed beyond it. Absent: no limit.'),
  idleSeconds: z
    .int()
    .min(1)
    .max(604_800)
    .default(600)
    .describe('A partition that nobody asked for so long is closed until somebody does.'),
});

function serviceUrlFault(value: string): string | undefined {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return 'expected URLs such as http://10.0.0.7:8081';
  if (url.username !== '' || url.password !== '')
    return 'a URL must not carry a user name or password; use services.internalToken';
  if (url.search !== '' || url.hash !== '') return 'the URL of a service must not carry a query or a fragment';
  return undefined;
}
