import { randomInt } from 'node:crypto';

/** Bitcoin's: without 0, O, I and l, which people mistake for each other. Sorts as its digits do. */
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BASE = ALPHABET.length;

export const BASE58 = /^[1-9A-HJ-NP-Za-km-z]+$/;

export function randomBase58(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(BASE)]).join('');
}

/** The last `length` digits of a number of at most 2^53, with leading ones for zeros. */
export function base58Of(value: number, length: number): string {
  let text = '';
  let rest = value;
  for (let digit = 0; digit < length; digit++) {
    text = ALPHABET[rest % BASE] + text;
    rest = Math.floor(rest / BASE);
  }
  return text;
}
