import type { ProviderKind } from '../config.ts';
import type { Wire } from '../provider/wire.ts';
import { openAiWire } from './openai.ts';

const WIRES: Partial<Record<ProviderKind, Wire>> = { openai: openAiWire };

/** How providers of this kind are spoken to. Throws TypeError when nobody here can. */
export function wireOf(kind: ProviderKind): Wire {
  const wire = WIRES[kind];
  if (wire === undefined) throw new TypeError(`providers of kind ${kind} are not supported`);
  return wire;
}
