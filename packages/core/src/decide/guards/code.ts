import { describe, lacking } from '../diff.ts';
import type { QuestionFacts } from '../facts.ts';
import type { Guard } from '../guard.ts';
import { isOf } from '../words/tech.ts';

/** A shorter name (`-r`) is found in any text. */
const NAME_MIN = 4;

/** Names of hosts and of files, in which case is a habit: `ASP.NET`, `asp.net`. */
const CASELESS = /\.(?:net|com|org|io|dev|ai|edu|gov|vn)$/i;

const squeeze = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}#+]/gu, '');

/** `kubectl` is of Kubernetes, `UPDATE` of SQL: what belongs to nothing else that is named. */
const isImplied = (name: string, { tokens, tech }: QuestionFacts): boolean =>
  [...tech].every((other) => isOf(name, other)) && tokens.some(({ text }) => isOf(name, text));

function unnamed(a: QuestionFacts, b: QuestionFacts): string[] {
  const whole = squeeze(b.cleaned);
  const identifiers = [...a.identifiers].filter(
    (name) => !b.identifiers.has(name) && (squeeze(name).length < NAME_MIN || !whole.includes(squeeze(name))),
  );
  const tech = [...a.tech].filter((name) => !b.tech.has(name) && !b.keys.has(name) && !isImplied(name, b));
  return [...identifiers, ...tech];
}

/** Identifiers differing in anything but case and separators, or in case when both questions hold both. */
function respelled(a: QuestionFacts, b: QuestionFacts): string[] {
  return [...a.identifiers].filter(
    (name) =>
      !CASELESS.test(name) &&
      !b.identifiers.has(name) &&
      [...b.identifiers].some((other) => squeeze(other) === squeeze(name)),
  );
}

/** Code identifiers, operators, formulas, flags, file names, addresses, programming languages and tools. */
export const codeGuard: Guard = {
  name: 'code',
  level: 'standard',
  differs(a, b) {
    const left = unnamed(a, b);
    const right = unnamed(b, a);
    if (left.length + right.length > 0) return describe(left, right);
    if (a.code !== b.code) return describe(['code'], ['other code']);
    const [signs, otherSigns] = [lacking(a.signs, b.signs), lacking(b.signs, a.signs)];
    // One side alone may put a word for it: `->`, to.
    if (signs.length > 0 && otherSigns.length > 0) return describe(signs, otherSigns);
    const swapped = respelled(a, b);
    const others = respelled(b, a);
    const cased = swapped.length > 0 && others.length > 0 && swapped.join() !== others.join();
    return cased ? describe(swapped, others) : undefined;
  },
};
