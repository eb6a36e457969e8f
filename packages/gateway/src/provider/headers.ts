import { readFileSync } from 'node:fs';
import type { UpstreamCall } from '@nearhit/core';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
export const USER_AGENT = `nearhit/${version}`;

/** Set by the house, or about the hop to us: never taken over from the client. */
const NOT_FORWARDED = new Set([
  'accept',
  'accept-encoding',
  'api-key',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'x-api-key',
  'x-goog-api-key',
]);

/** About the hop to the provider or to its own site; wrong in the mouth of ours. */
const NOT_PASSED_BACK = new Set([
  'alt-svc',
  'clear-site-data',
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'public-key-pins',
  'set-cookie',
  'set-cookie2',
  'strict-transport-security',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Flat name, value, name, value: what undici takes with the least work. A client header it would refuse is left out.
 * `own`: the wire's, how it shows its key among them; in lower case, and they win over the client's.
 */
export function requestHeaders(call: UpstreamCall, own: readonly string[]): string[] {
  const headers = [
    'content-type',
    'application/json',
    'accept',
    call.stream ? 'text/event-stream' : 'application/json',
    'accept-encoding',
    'identity',
    'user-agent',
    USER_AGENT,
    ...own,
  ];
  for (const name in call.headers) {
    const value = call.headers[name];
    const lower = name.toLowerCase();
    if (typeof value !== 'string' || NOT_FORWARDED.has(lower) || lower.startsWith('x-nearhit-')) continue;
    if (HEADER_NAME.test(lower) && HEADER_VALUE.test(value) && !names(own, lower)) headers.push(lower, value);
  }
  return headers;
}

function names(headers: readonly string[], name: string): boolean {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return true;
  return false;
}

/** Headers of an operator over those of a call: what both name is said as the operator wants it. */
export function withHeaders(headers: string[], operators: Readonly<Record<string, string>> | undefined): string[] {
  if (operators === undefined) return headers;
  const wanted = lowerCase(operators);
  const rest = headers.filter((_, at) => !Object.hasOwn(wanted, headers[at - (at % 2)] as string));
  for (const name in wanted) rest.push(name, wanted[name] as string);
  return rest;
}

/** Names in lower case, so that none stands twice. Values that can't be sent are left out. */
export function lowerCase(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const sendable = Object.entries(headers).filter(([, value]) => HEADER_VALUE.test(value));
  return Object.fromEntries(sendable.map(([name, value]) => [name.toLowerCase(), value]));
}

/** A key of the house wins. A client's `nh_` key is for us alone and goes nowhere. */
export function keyFor(apiKey: string | undefined, credential: string | undefined): string | undefined {
  if (apiKey !== undefined) return apiKey;
  if (credential === undefined || credential === '' || credential.startsWith('nh_')) return undefined;
  return HEADER_VALUE.test(credential) ? credential : undefined;
}

export function bearer(key: string): string {
  return `Bearer ${key}`;
}

/** Lower-case names as undici gives them; repeated headers joined as HTTP allows. */
export function responseHeaders(raw: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const headers: Record<string, string> = {};
  const hop = raw.connection;
  const named = hop === undefined || hop === 'keep-alive' || hop === 'close' ? undefined : connectionNames(hop);
  for (const name in raw) {
    const value = raw[name];
    if (value === undefined || NOT_PASSED_BACK.has(name) || named?.has(name)) continue;
    if (name.startsWith('x-nearhit-') || name.startsWith('access-control-')) continue;
    headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return headers;
}

function connectionNames(value: string | string[]): Set<string> {
  const names = String(value).split(',');
  return new Set(names.map((name) => name.trim().toLowerCase()));
}
