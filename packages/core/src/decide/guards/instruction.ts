import { describe } from '../diff.ts';
import type { Guard } from '../guard.ts';

/** Length, format, audience, tone and language that an answer is wanted in. */
export const instructionGuard: Guard = {
  name: 'instruction',
  level: 'standard',
  differs(a, b) {
    for (const slot of new Set([...a.instructions.keys(), ...b.instructions.keys()])) {
      if (slot === 'task') continue;
      const left = [...(a.instructions.get(slot) ?? [])].sort();
      const right = [...(b.instructions.get(slot) ?? [])].sort();
      if (left.join() !== right.join()) return describe(left, right);
    }
    return undefined;
  },
};
