import type { UpstreamHead } from '@nearhit/core';
import { Packr } from 'msgpackr';

/**
 * What processes tell each other, as arrays: kind first. To a leader: who, and which of its joins. To a follower: its
 * join, and the message's number in it from 0, so that it sees what got lost.
 */
export type Message =
  /** `skip`: bytes of the reply that are there already; with any, so is its head. */
  | readonly ['join', from: string, join: number, token: string, skip: number]
  | readonly ['leave' | 'stay' | 'pause' | 'resume', from: string, join: number, token: string]
  | readonly ['head', join: number, seq: number, head: UpstreamHead]
  | readonly ['data', join: number, seq: number, chunks: Buffer[]]
  | readonly ['end' | 'alive', join: number, seq: number]
  | readonly ['error', join: number, seq: number, kind: string, message: string]
  /** No such reply here, or no longer. */
  | readonly ['gone', join: number]
  /** To oneself: what is sent arrives. */
  | readonly ['beat'];

const packr = new Packr({ useRecords: false });

export function pack(messages: readonly Message[]): Buffer {
  return packr.pack(messages);
}

/** Throws on what is no batch of messages. */
export function unpack(bytes: Buffer): Message[] {
  const messages: unknown = packr.unpack(bytes);
  if (
    !Array.isArray(messages) ||
    !messages.every((message) => Array.isArray(message) && typeof message[0] === 'string')
  )
    throw new TypeError('not a batch of flight messages');
  return messages as Message[];
}
