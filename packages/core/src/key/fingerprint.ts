import { hash } from 'node:crypto';
import { squeezed } from '../decide/text/normalise.ts';
import type { ContextDocument } from '../entry.ts';
import type { EntryId, Fingerprint, PartitionKey, Scope } from '../ids.ts';
import type { Policy } from '../policy/schema.ts';
import { type ChatMessage, type ChatRequest, shapesAnswer } from '../request/chat-fields.ts';
import { canonicalJson } from './canonical-json.ts';

/** Raised whenever keys are computed differently: old entries then never match by accident. */
const KEY_VERSION = 1;

const sha256 = (text: string): string => hash('sha256', text);

/** The last user message and what of it is matched on. */
export interface UserQuery {
  /** Position in `messages`; -1 when no message is a user's. */
  readonly at: number;
  /** Its text parts joined by line feeds; empty when it has none. */
  readonly text: string;
  /** The text parts apart, so that ["a\nb"] and ["a","b"] are two exact keys. */
  readonly parts: readonly string[];
}

/** What a message says, part by part. */
export function textParts(content: ChatMessage['content']): string[] {
  if (typeof content === 'string') return [content];
  return (content ?? []).flatMap((part) => (part.type === 'text' ? [part.text as string] : []));
}

export function userQuery(messages: readonly ChatMessage[]): UserQuery {
  const at = messages.findLastIndex((message) => message.role === 'user');
  const parts = textParts(messages[at]?.content);
  return { at, text: parts.join('\n'), parts };
}

/** The message without its text: role, name, images and where the text stood among them. */
function withoutText(message: ChatMessage): unknown {
  const { content, ...rest } = message;
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
  return { ...rest, content: parts.map((part) => (part.type === 'text' ? { ...part, text: null } : part)) };
}

/** A mark for the provider's prompt cache: it changes what a call costs, never what is answered. */
const MARK = 'cache_control';

/** Without such marks, on itself and on its parts. */
function unmarked<T extends Record<string, unknown>>(item: T): T {
  const { content } = item;
  const parts = Array.isArray(content) && content.some(isMarked) ? { content: content.map(unmarkedItem) } : undefined;
  if (parts === undefined && !isMarked(item)) return item;
  const { [MARK]: _, ...rest } = item;
  return { ...rest, ...parts } as unknown as T;
}

const isMarked = (item: unknown): boolean => typeof item === 'object' && item !== null && MARK in item;

const unmarkedItem = (item: unknown): unknown => (isMarked(item) ? unmarked(item as Record<string, unknown>) : item);

/** `content: "x"` and `content: [{"type": "text", "text": "x"}]` are one message. */
function plainContent(message: ChatMessage): unknown {
  const { content } = message;
  const only = Array.isArray(content) && content.length === 1 ? content[0] : undefined;
  if (only?.type !== 'text' || Object.keys(only).length !== 2) return message;
  return { ...message, content: only.text };
}

/** Names one version of a document. */
export function documentKey({ id, version }: ContextDocument): string {
  return JSON.stringify([id, version === undefined ? null : String(version)]);
}

/** Order of the documents does not matter, their versions do. */
export function contextKey(context: readonly ContextDocument[]): string[] {
  return context.map(documentKey).sort();
}

/** White space and Unicode form may differ, nothing else: what an assistant said can be code. */
const plainly = (text: string): string => squeezed(text.normalize('NFC'));

/** An earlier turn that is compared apart: what it is, without a user's words, and with an assistant's. */
function withoutWords(message: ChatMessage): unknown {
  if (message.role === 'user') return withoutText(message);
  const { content, ...rest } = message;
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : (content ?? []);
  return {
    ...rest,
    content: parts.map((part) => (part.type === 'text' ? { ...part, text: plainly(part.text as string) } : part)),
  };
}

/** A message of the talk itself, not of whoever set it up. */
export const isTurn = ({ role }: ChatMessage): boolean => role === 'user' || role === 'assistant';

/**
 * Everything that shapes the answer but the query text: SHA-256 over canonical JSON. `context` undefined: the policy
 * does not let documents take part. `besides`: what shapes the answer and stands in no body, by name. `conversation`:
 * `semantic` leaves the words of earlier user turns out, `last-user` all earlier turns; neither ever makes the key of
 * another. Throws as canonicalJson does.
 */
export function fingerprintOf(
  request: ChatRequest,
  query: UserQuery,
  context: readonly ContextDocument[] | undefined,
  besides: Readonly<Record<string, string>> = {},
  conversation: Policy['conversation'] = 'exact',
): Fingerprint {
  // Without a prototype, so that a field called `__proto__` is one like any other.
  const shaping: Record<string, unknown> = Object.create(null);
  for (const [field, value] of Object.entries(request)) if (shapesAnswer(field)) shaping[field] = value;
  if (Array.isArray(shaping.tools)) shaping.tools = shaping.tools.map(unmarkedItem);
  const messages = request.messages.flatMap((message, at) => {
    if (at === query.at) return [withoutText(unmarked(message))];
    if (conversation === 'exact' || !isTurn(message)) return [plainContent(unmarked(message))];
    return conversation === 'semantic' ? [withoutWords(unmarked(message))] : [];
  });
  const known = { v: KEY_VERSION, shaping, messages, context: context === undefined ? null : contextKey(context) };
  const mode = conversation === 'exact' ? {} : { conversation };
  return sha256(canonicalJson({ ...known, ...mode, ...besides })) as Fingerprint;
}

/** The exact key: scope, fingerprint and query, byte for byte. `queryParts`: one text, or the message's parts. */
export function entryIdOf(scope: Scope, fingerprint: Fingerprint, queryParts: readonly string[]): EntryId {
  return sha256(
    JSON.stringify([KEY_VERSION, scope.tenant, scope.namespace, scope.model, fingerprint, queryParts]),
  ) as EntryId;
}

/** The vector space of a scope under one version of the embedding model. */
export function partitionOf(scope: Scope, embeddingModelVersion: string): PartitionKey {
  return sha256(JSON.stringify([scope.tenant, scope.namespace, scope.model, embeddingModelVersion])).slice(
    0,
    40,
  ) as PartitionKey;
}
