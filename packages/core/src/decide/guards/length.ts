import type { Guard } from '../guard.ts';

/** A question too long to be read whole: only the very same text is the same. */
export const lengthGuard: Guard = {
  name: 'length',
  level: 'standard',
  differs: (a, b) => (a.tooLong || b.tooLong ? 'too long to compare' : undefined),
};
