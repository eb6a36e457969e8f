import { open } from 'node:fs/promises';

/** Fixed part of what hnswlib's `saveIndex` writes on a 64-bit machine. */
const HEADER_BYTES = 96;
const COUNT_AT = 16;
const POINT_BYTES_AT = 24;

/**
 * Throws unless the file ends where hnswlib's layout says. hnswlib itself writes past a full disk without noticing.
 * Layout: header, `count` points of equal size, then for each point a u32 length and its links on the upper layers.
 */
export async function assertWholeHnswFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const header = Buffer.alloc(HEADER_BYTES);
    await handle.read(header, 0, HEADER_BYTES, 0);
    const count = Number(header.readBigUInt64LE(COUNT_AT));
    const linksAt = HEADER_BYTES + count * Number(header.readBigUInt64LE(POINT_BYTES_AT));
    if (size < linksAt + 4 * count) throw new Error(`graph file cut short at ${size} bytes: is the disk full?`);
    const links = Buffer.alloc(size - linksAt);
    await handle.read(links, 0, links.length, linksAt);
    let at = 0;
    for (let point = 0; point < count && at + 4 <= links.length; point++) at += 4 + links.readUInt32LE(at);
    if (at !== links.length) throw new Error(`graph file cut short at ${size} bytes: is the disk full?`);
  } finally {
    await handle.close();
  }
}
