import type { UsageRecord } from '@nearhit/core';
import type { GatewayClient } from './client.ts';

/** All usage records that there are now. */
export async function usageRecords(client: Pick<GatewayClient, 'admin'>): Promise<UsageRecord[]> {
  const all: UsageRecord[] = [];
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const path: string = `/usage/records?limit=1000${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const { status, text, json } = await client.admin('GET', path);
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    all.push(...json.records);
    cursor = json.cursor;
  }
  return all;
}
