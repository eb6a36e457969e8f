import { crc32 } from 'node:zlib';
import { type UsageRecord, usageRecordFrom, usageTuple } from '@nearhit/core';

/** One line of a journal: a checksum of 8 hex digits, a space, a JSON array, a line feed. */
export type Line =
  /** A call went upstream: should nothing more be heard of it, this is its record. */
  | { readonly kind: 'begin'; readonly record: UsageRecord }
  | { readonly kind: 'end'; readonly record: UsageRecord }
  /** What stands in this file before so many bytes is in the store. */
  | { readonly kind: 'shipped'; readonly bytes: number };

const CHECKSUM_CHARS = 8;

export function recordLine(kind: 'begin' | 'end', record: UsageRecord): string {
  return checked(`["${kind}",${JSON.stringify(usageTuple(record)).slice(1)}`);
}

export function shippedLine(bytes: number): string {
  return checked(`["shipped",${bytes}]`);
}

function checked(json: string): string {
  return `${checksumOf(json)} ${json}\n`;
}

/** By halves: V8 writes small integers in base 16 much faster than what takes a double. */
function checksumOf(text: string): string {
  const sum = crc32(text);
  return half(sum >>> 16) + half(sum & 0xffff);
}

const half = (number: number): string => number.toString(16).padStart(CHECKSUM_CHARS / 2, '0');

/** Undefined: torn, or not one of ours. `text` is without its line feed. */
export function parseLine(text: string): Line | undefined {
  const json = text.slice(CHECKSUM_CHARS + 1);
  if (json === '' || checksumOf(json) !== text.slice(0, CHECKSUM_CHARS)) return undefined;
  const [kind, ...rest] = JSON.parse(json) as [string, ...unknown[]];
  if (kind === 'shipped') return { kind, bytes: Number(rest[0]) };
  if (kind !== 'begin' && kind !== 'end') return undefined;
  const record = usageRecordFrom(rest);
  return record && { kind, record };
}

const LINE_FEED = 0x0a;

/** The whole lines of a piece of a file that begins with a line, where each begins, and where the last one ends. */
export function linesOf(bytes: Buffer): { lines: { at: number; line: Line | undefined }[]; end: number } {
  const lines: { at: number; line: Line | undefined }[] = [];
  let at = 0;
  for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED, at)) {
    if (end > at) lines.push({ at, line: parseLine(bytes.toString('utf8', at, end)) });
    at = end + 1;
  }
  return { lines, end: at };
}
