import { createTransferClient, type TransferClient } from '@nearhit/http/client';
import { explained } from '../failures.ts';
import type { Target } from '../io.ts';

/** `use` with a client; its errors say what a person can do about them. */
export async function withTransfer<T>(target: Target, use: (client: TransferClient) => Promise<T>): Promise<T> {
  try {
    return await use(createTransferClient({ baseUrl: target.url, token: target.token.value ?? 'none' }));
  } catch (error) {
    throw explained(error, target);
  }
}
