/** Field names that hold credentials, wherever they stand; for pino's `redact`. */
const NAMES = [
  ...['authorization', '["proxy-authorization"]', '["x-api-key"]', '["api-key"]', '["x-goog-api-key"]', 'cookie'],
  ...[
    '["set-cookie"]',
    'apiKey',
    'apiKeys',
    'adminToken',
    'internalToken',
    'token',
    'secret',
    'password',
    'credential',
  ],
  ...['upstreamKeys'],
];

const within = (parent: string): string[] =>
  NAMES.map((name) => (parent === '' ? name : name.startsWith('[') ? `${parent}${name}` : `${parent}.${name}`));

export const REDACTED_PATHS: readonly string[] = [...within(''), ...within('*'), ...within('*.headers')];
export const CENSOR = '[redacted]';

/** Bearer tokens, keys as providers and nearhit give them out, and passwords in URLs. */
const CREDENTIALS: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer\s+)[\w.~+/=-]{6,}/gi, `$1${CENSOR}`],
  [/\b(?:sk|pk|rk|gsk|xai|nh|nha|nhi)[-_][\w-]{12,}/g, CENSOR],
  [/\bAIza[\w-]{20,}/g, CENSOR],
  [/([?&](?:key|api[-_]?key|token)=)[^&\s"']+/gi, `$1${CENSOR}`],
  [/(\w:\/\/[^\s:/@]*:)[^\s@/]+@/g, `$1${CENSOR}@`],
];

/** A text without the credentials in it. */
export function scrubbed(text: string): string {
  return CREDENTIALS.reduce((left, [pattern, instead]) => left.replace(pattern, instead), text);
}
