import { hash } from 'node:crypto';
import { BASE58, base58Of, randomBase58 } from './base58.ts';

export const KEY_PREFIX = 'nh_';
const RANDOM_LENGTH = 26;
const CHECKSUM_LENGTH = 6;
const LENGTH = RANDOM_LENGTH + CHECKSUM_LENGTH;

/**
 * `nh_` and 32 base58 characters: 26 random ones (152 bits), then six of a checksum over them, so that a mistyped or
 * cut key is told from an unknown one without a look-up.
 */
export function makeSecret(): string {
  const random = randomBase58(RANDOM_LENGTH);
  return KEY_PREFIX + random + checksumOf(random);
}

/** Might have been made by `makeSecret`. */
export function isWellFormed(secret: string): boolean {
  const body = secret.slice(KEY_PREFIX.length);
  if (!secret.startsWith(KEY_PREFIX) || body.length !== LENGTH || !BASE58.test(body)) return false;
  return checksumOf(body.slice(0, RANDOM_LENGTH)) === body.slice(RANDOM_LENGTH);
}

/** What is stored in its place: with 152 random bits in it there is nothing for a slow hash to protect. */
export const hashOfSecret = (secret: string): string => hash('sha256', secret);

/** To recognise a key by: `nh_4fTq...9dKw`. */
export const hintOf = (secret: string): string => `${secret.slice(0, KEY_PREFIX.length + 4)}...${secret.slice(-4)}`;

function checksumOf(random: string): string {
  const digest = hash('sha256', `nearhit key ${random}`, 'buffer');
  return base58Of(digest.readUIntBE(0, 6), CHECKSUM_LENGTH);
}

const TIME_LENGTH = 8;
const UNIQUE_LENGTH = 8;

/** Ids sort as their keys were made, to the millisecond. */
export const makeKeyId = (nowMs: number): string => `key_${base58Of(nowMs, TIME_LENGTH)}${randomBase58(UNIQUE_LENGTH)}`;
