import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

const deflate = promisify(gzip) as (bytes: Buffer, options: { level: number }) => Promise<Buffer>;

/** At the quickest level. */
export const deflated = (bytes: Buffer): Promise<Buffer> => deflate(bytes, { level: 1 });

export const inflated = promisify(gunzip) as (bytes: Buffer) => Promise<Buffer>;
