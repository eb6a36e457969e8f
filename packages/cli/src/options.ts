import { InvalidArgumentError } from 'commander';

/** A parser for commander: a whole number from `min` to `max`. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `10s`, `500ms`, `2m`; a bare number is seconds. In milliseconds. */
export function duration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS_MS[unit ?? 's'] ?? 0);
  if (ms > 0 && ms <= 86_400_000) return ms;
  throw new InvalidArgumentError('Expected a duration such as 10s, 500ms or 2m.');
}

const STEP = 0.01;
const RANGE = /^([01]|[01]?\.\d+)(?:\.\.([01]|[01]?\.\d+))?$/;

/** `0.9`, `0.8,0.9`, `0.75..0.99` (in steps of 0.01), added to those given before. Rising, each once. */
export function thresholds(text: string, before: readonly number[] = []): number[] {
  const values = text.split(',').flatMap((part) => {
    const [, from, to] = RANGE.exec(part.trim()) ?? [];
    const low = Number(from);
    const high = Number(to ?? from);
    if (!(high <= 1 && low <= high))
      throw new InvalidArgumentError('Expected similarities from 0 to 1: 0.9, or 0.8,0.9, or 0.75..0.99.');
    const steps = Math.floor((high - low) / STEP + 1e-6);
    return Array.from({ length: steps + 1 }, (_, i) => Number((low + i * STEP).toFixed(6)));
  });
  return [...new Set([...before, ...values])].sort((a, b) => a - b);
}

/** A parser for commander: some of `choices`, by commas; with those given before. */
export function someOf<T extends string>(choices: readonly T[]): (text: string, before?: readonly T[]) => T[] {
  return (text, before = []) => {
    const named = text.split(',').map((part) => part.trim());
    const wrong = named.find((name) => !choices.includes(name as T));
    if (wrong !== undefined) throw new InvalidArgumentError(`Expected some of ${choices.join(', ')}.`);
    return choices.filter((choice) => named.includes(choice) || before.includes(choice));
  };
}

/** A parser for commander: some of `choices`, by commas, each once, in the order given. */
export function someInOrder<T extends string>(choices: readonly T[]): (text: string) => T[] {
  return (text) => {
    const named = [...new Set(text.split(',').map((part) => part.trim()))];
    if (named.some((name) => !choices.includes(name as T)))
      throw new InvalidArgumentError(`Expected some of ${choices.join(', ')}.`);
    return named as T[];
  };
}
