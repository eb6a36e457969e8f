import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Caller } from '@nearhit/core';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A batch runs long after its client has gone, and with what that client may use: its own key to a provider too, which
 * must not lie in a store for everyone to read. AES-256-GCM under a key made of a secret of the house.
 */
export interface Seal {
  close(caller: Caller): string;
  /** Throws an Error when it was sealed under another secret. */
  open(sealed: string): Caller;
}

export function createSeal(secret: string): Seal {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'nearhit batch caller', 32));
  return {
    close(caller) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const text = Buffer.concat([cipher.update(JSON.stringify(caller)), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
      return JSON.parse(text.toString()) as Caller;
    },
  };
}
