import type { Guard } from '../guard.ts';

/** Characters that nobody sees and a language model reads: an answer that came of them is nobody else's. */
export const hiddenGuard: Guard = {
  name: 'hidden',
  level: 'standard',
  differs: (a, b) => (a.hidden === b.hidden ? undefined : 'characters that are not seen'),
};
