import { hash, randomBytes } from 'node:crypto';

export const FILE_ID = /^file-[A-Za-z0-9]{1,64}$/;
export const BATCH_ID = /^batch_[A-Za-z0-9]{1,64}$/;

const random = (): string => randomBytes(16).toString('hex');
export const newFileId = (): string => `file-${random()}`;
export const newBatchId = (): string => `batch_${random()}`;

const named = (...parts: readonly (string | number)[]): string => hash('sha256', JSON.stringify(parts)).slice(0, 32);

/** The same each time: a batch that is ended twice writes its files over. */
export const outputFileId = (batchId: string): string => `file-${named(batchId, 'output')}`;
export const errorFileId = (batchId: string): string => `file-${named(batchId, 'error')}`;
export const lineId = (batchId: string, line: number): string => `batch_req_${named(batchId, line)}`;
/** Names a line's request in logs, traces and accounts, however often it is asked: each call has an id of its own there. */
export const callIdOf = (batchId: string, line: number): string => `${batchId}-${line}`;
