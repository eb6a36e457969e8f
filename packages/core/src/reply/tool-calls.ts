import { isIndex, isObject, type JsonObject, own, put } from './answer.ts';
import { settle } from './merge.ts';

interface Slot {
  readonly index: unknown;
  readonly call: JsonObject;
}

/** Fields of `function` and `custom` that arrive piece by piece. */
const CONTINUED: ReadonlySet<string> = new Set(['arguments', 'input']);

/**
 * Gathers the fragments of one message's tool calls. Providers differ: an index from 0 or from 1, none at all, 0 for
 * every parallel call, the whole call at once, a fresh id on each fragment.
 */
export class ToolCalls {
  readonly #slots: Slot[] = [];
  readonly #byIndex = new Map<number, Slot>();
  readonly #byId = new Map<string, Slot>();

  /** Answers the call as it is known by now; the same object for all its fragments. */
  add(fragment: JsonObject): JsonObject {
    const slot = this.#slotFor(fragment);
    for (const field of Object.keys(fragment)) {
      if (field !== 'index') addField(slot.call, field, fragment[field]);
    }
    if (typeof fragment.id === 'string' && fragment.id !== '') this.#byId.set(fragment.id, slot);
    return slot.call;
  }

  /** In the order of their index where all have one, else as they came. */
  list(): JsonObject[] {
    const slots = [...this.#slots];
    if (slots.every((slot) => isIndex(slot.index))) slots.sort((a, b) => Number(a.index) - Number(b.index));
    return slots.map((slot) => slot.call);
  }

  #slotFor(fragment: JsonObject): Slot {
    const { index } = fragment;
    const known = isIndex(index) ? this.#byIndex.get(index) : this.#unnumbered(fragment);
    if (known !== undefined && !startsAnother(known.call, fragment)) return known;
    const slot: Slot = { index, call: {} };
    this.#slots.push(slot);
    if (isIndex(index)) this.#byIndex.set(index, slot);
    return slot;
  }

  #unnumbered(fragment: JsonObject): Slot | undefined {
    const { id } = fragment;
    return typeof id === 'string' && id !== '' ? this.#byId.get(id) : this.#slots.at(-1);
  }
}

/** A new id together with a name, where both are known already: another call, whatever its index says. */
function startsAnother(call: JsonObject, fragment: JsonObject): boolean {
  const named = nameOf(fragment);
  if (!named || !nameOf(call)) return false;
  if (fragment.id && call.id) return fragment.id !== call.id;
  return !fragment.id && !isIndex(fragment.index);
}

function nameOf(call: JsonObject): unknown {
  if (isObject(call.function)) return call.function.name;
  return isObject(call.custom) ? call.custom.name : undefined;
}

function addField(target: JsonObject, field: string, value: unknown): void {
  if ((field === 'function' || field === 'custom') && isObject(value)) {
    const body = isObject(target[field]) ? target[field] : {};
    target[field] = addNamed(body, value);
  } else {
    settle(target, field, value);
  }
}

/** A function's name and arguments: the arguments continue, all else is stated. */
export function addNamed(body: JsonObject, fragment: JsonObject): JsonObject {
  for (const field of Object.keys(fragment)) {
    const old = own(body, field);
    const value = fragment[field];
    if (CONTINUED.has(field) && typeof old === 'string' && typeof value === 'string') put(body, field, old + value);
    else settle(body, field, value);
  }
  return body;
}
