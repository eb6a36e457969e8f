import { createHmac, timingSafeEqual } from 'node:crypto';
import { NearhitError } from '@nearhit/core';

export const SIGNATURE_HEADER = 'x-nearhit-signature';
/** How far the sender's clock may be from ours, and how long a delivery may be under way. */
const TOLERANCE_MS = 300_000;

/**
 * `t=<seconds since 1970>,sha256=<hex>`: HMAC-SHA256 under the shared secret over `<t>.<body>`, the body byte for byte.
 * Several `sha256` may be given, of which one must be right, so that a sender can change its secret. After Stripe's.
 */
export function checkSignature(
  header: string,
  body: Buffer,
  { secret, nowMs }: { readonly secret: string; readonly nowMs: number },
): void {
  const parts = header.split(',').map((part) => part.trim().split('=', 2) as [string, string | undefined]);
  const stamp = parts.find(([name]) => name === 't')?.[1] ?? '';
  const given = parts.filter(([name]) => name === 'sha256').map(([, value]) => value ?? '');
  if (!/^\d{1,12}$/.test(stamp) || given.length === 0)
    throw refused(`can't be read: expected '${SIGNATURE_HEADER}: t=<seconds since 1970>,sha256=<hex>'`);
  if (Math.abs(nowMs - Number(stamp) * 1000) > TOLERANCE_MS)
    throw refused('is more than 5 minutes old, or of the future');
  const expected = createHmac('sha256', secret).update(`${stamp}.`).update(body).digest();
  const isRight = given.some((hex) => {
    const bytes = Buffer.from(hex, 'hex');
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
  if (!isRight) throw refused('is wrong: it must be HMAC-SHA256 over <t>.<raw body> under server.webhookSecret');
}

function refused(why: string): NearhitError {
  return new NearhitError('UNAUTHORIZED', `The signature ${why}.`);
}
