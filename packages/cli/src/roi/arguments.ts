import { InvalidArgumentError } from 'commander';
import type { MixPart, Price } from './roi.ts';

/** `0.35` or `35%`. */
export function share(text: string): number {
  const [, amount, percent] = /^(\d+(?:\.\d+)?|\.\d+)\s*(%)?$/.exec(text.trim()) ?? [];
  const value = Number(amount) / (percent === undefined ? 1 : 100);
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('Expected a share from 0 to 1, or 0% to 100%.');
}

/** `1000000`, `1_000_000`, `1.5e6`, `2.5M`, `800k`; 0 or more. */
export function amount(text: string): number {
  const [, digits = '', unit = ''] = /^([\d_.]+(?:e\d+)?)\s*([km])?$/i.exec(text.trim()) ?? [];
  const value = Number(digits.replaceAll('_', '')) * ({ k: 1e3, m: 1e6 }[unit.toLowerCase()] ?? 1);
  if (digits !== '' && value >= 0 && value <= 1e15) return value;
  throw new InvalidArgumentError('Expected an amount such as 1000000, 1.5M or 800k.');
}

/** `gpt-4o=0.3,gpt-4o-mini=0.7`. */
export function mix(text: string): MixPart[] {
  const parts = text.split(',').map((part) => {
    const at = part.lastIndexOf('=');
    const model = part.slice(0, at).trim();
    if (at < 1 || model === '') throw new InvalidArgumentError('Expected model=share,... such as a=0.3,b=0.7.');
    return { model, share: share(part.slice(at + 1)) };
  });
  const sum = parts.reduce((total, part) => total + part.share, 0);
  if (Math.abs(sum - 1) > 1e-6) throw new InvalidArgumentError(`The shares make ${Number(sum.toFixed(6))}, not 1.`);
  if (new Set(parts.map(({ model }) => model)).size < parts.length)
    throw new InvalidArgumentError('A model is named twice.');
  return parts;
}

/** `2.5,10`, for every model; `gpt-4o=2.5,10` for one. Added to those given before. */
export function prices(text: string, before: ReadonlyMap<string, Price> = new Map()): ReadonlyMap<string, Price> {
  const at = text.lastIndexOf('=');
  const [input = '', output = '', ...more] = text.slice(at + 1).split(',');
  const price = { inputUsdPerMTok: Number(input), outputUsdPerMTok: Number(output) };
  const isPrice = input.trim() !== '' && output.trim() !== '' && more.length === 0;
  if (!isPrice || !Object.values(price).every((usd) => usd >= 0 && usd <= 1e6))
    throw new InvalidArgumentError('Expected USD per million tokens, input,output: 2.5,10 or model=2.5,10.');
  return new Map([...before, [at < 1 ? '' : text.slice(0, at).trim(), price]]);
}

export function day(text: string): string {
  const ms = Date.parse(`${text}T00:00:00Z`);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('Expected a day such as 2026-11-30.');
}
