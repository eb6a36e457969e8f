import { isObject, type JsonObject, own, put } from './answer.ts';

/** Strings that name a thing: a later fragment repeats them, it does not continue them. */
const WHOLE_STRINGS: ReadonlySet<string> = new Set([
  'id',
  'type',
  'name',
  'role',
  'format',
  'object',
  'model',
  'status',
  'signature',
  'url',
  'title',
]);
/** How far back a fragment looks for the item it continues; keeps a hostile stream linear. */
const ITEMS_SEARCHED_MAX = 64;

/**
 * Adds a fragment of a streamed field: strings and arrays continue, items with an equal `index` and objects merge,
 * numbers and booleans replace, null takes nothing back. The first fragment is taken as it is, so a field sent whole
 * comes out unchanged.
 */
export function grow(target: JsonObject, field: string, value: unknown): void {
  const old = own(target, field);
  if (value === null || value === undefined) {
    if (old === undefined) put(target, field, null);
  } else if (typeof old === 'string' && typeof value === 'string') {
    put(target, field, WHOLE_STRINGS.has(field) ? value || old : old + value);
  } else if (Array.isArray(old) && Array.isArray(value)) {
    growItems(old, value);
  } else if (isObject(old) && isObject(value)) {
    for (const name of Object.keys(value)) grow(old, name, value[name]);
  } else {
    put(target, field, value);
  }
}

function growItems(items: unknown[], more: readonly unknown[]): void {
  const known = items.length;
  for (const item of more) {
    const begun = isObject(item) ? continuedBy(items, known, item) : undefined;
    if (begun === undefined) items.push(item);
    else for (const name of Object.keys(item as JsonObject)) grow(begun, name, (item as JsonObject)[name]);
  }
}

/** OpenRouter gives a reasoning text and its encrypted twin one index: only items of one type and id are the same. */
function continuedBy(items: readonly unknown[], known: number, item: JsonObject): JsonObject | undefined {
  if (!Number.isInteger(item.index)) return undefined;
  for (let at = known - 1; at >= Math.max(0, known - ITEMS_SEARCHED_MAX); at -= 1) {
    const begun = items[at];
    if (!isObject(begun) || begun.index !== item.index) continue;
    if (agree(begun.type, item.type) && agree(begun.id, item.id)) return begun;
  }
  return undefined;
}

function agree(a: unknown, b: unknown): boolean {
  return a === b || !a || !b;
}

/**
 * Takes a field that a stream states rather than continues (`content_filter_results`, `service_tier`, `citations`): the
 * last word counts, objects merge, and what says nothing (null, '', []) takes nothing back.
 */
export function settle(target: JsonObject, field: string, value: unknown): void {
  const old = own(target, field);
  if (isObject(old) && isObject(value)) {
    for (const name of Object.keys(value)) settle(old, name, value[name]);
  } else if (old === undefined || old === null || !saysNothing(value)) {
    put(target, field, value);
  }
}

function saysNothing(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

/** `content` is text with nearly everybody, and text or a list of typed parts within one stream with Mistral. */
export function growContent(message: JsonObject, value: unknown): void {
  const old = message.content;
  if (typeof old === 'string' && Array.isArray(value)) {
    message.content = old === '' ? value : [{ type: 'text', text: old }, ...value];
  } else if (Array.isArray(old) && typeof value === 'string') {
    const last = old.at(-1);
    if (isObject(last) && last.type === 'text' && typeof last.text === 'string') last.text += value;
    else if (value !== '') old.push({ type: 'text', text: value });
  } else {
    grow(message, 'content', value);
  }
}
