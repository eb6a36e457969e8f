import { isTech } from '../words/tech.ts';
import { type Unit, unitAfterNumber, unitWord } from '../words/units.ts';
import { GLUED_SCALES, isSyllableOnly, readNumberWords, scaleOf } from './number-words.ts';
import type { Token } from './tokens.ts';

export interface NumberFact {
  /** Canonical decimal, or the dotted string of a version. */
  readonly value: string;
  readonly role: 'plain' | 'year' | 'version';
  readonly unit: Unit | undefined;
  readonly soft: boolean;
  /** The tokens that it takes, [from, to). */
  readonly from: number;
  readonly to: number;
}

const VERSION_BEFORE = new Set('version versions v ver release update phiên_bản bản'.split(' '));
const ROMAN = /^(?:x{0,3})(?:ix|iv|v?i{0,3})$/;
const ROMAN_DIGITS: Readonly<Record<string, number>> = { i: 1, v: 5, x: 10 };

function romanValue(token: Token): number | undefined {
  const text = token.text;
  if (text.length < 2 || !ROMAN.test(text)) return undefined;
  if (token.surface !== text.toUpperCase() && !/^(?:ii|iii|vii|viii|xii|xiii|xxx?)$/.test(text)) return undefined;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = ROMAN_DIGITS[text[i] ?? ''] ?? 0;
    value += digit < (ROMAN_DIGITS[text[i + 1] ?? ''] ?? 0) ? -digit : digit;
  }
  return value;
}

/** `1,000` and, where the language writes so, `1.000` are a thousand. */
function parseDigits(text: string, commaDecimal: boolean): string {
  let digits = text;
  if (/^0,\d+$/.test(digits)) return digits.replace(',', '.');
  if (commaDecimal && /^\d{1,3}(?:\.\d{3})+(?:,\d+)?$/.test(digits))
    digits = digits.replaceAll('.', '').replace(',', '.');
  else if (commaDecimal && /^\d+,\d{1,2}$/.test(digits)) digits = digits.replace(',', '.');
  else if (/^\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?$/.test(digits)) digits = digits.replaceAll(',', '');
  return digits;
}

function canonical(text: string, scale: number): string {
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * scale : Number.NaN;
  return Number.isFinite(value) && text.length < 16 ? String(Number(value.toPrecision(12))) : text;
}

/** Where a unit stands around the tokens [from, to): behind, or as a currency in front. */
function unitAround(tokens: readonly Token[], from: number, to: number): Unit | undefined {
  const next = tokens[tokens[to]?.text === "o'clock" ? to + 1 : to];
  const after = next === undefined || next.afterBreak ? undefined : unitAfterNumber(next.text);
  if (after !== undefined && !(next?.surface === 'I' || (after.id === 'inch' && next?.text === 'in' && !next.glued)))
    return after;
  const before = from > 0 ? unitAfterNumber(tokens[from - 1]?.text ?? '') : undefined;
  return before?.dimension === 'money' ? before : undefined;
}

function roleOf(tokens: readonly Token[], at: number, digits: string, unit: Unit | undefined): NumberFact['role'] {
  const before = tokens[at - 1];
  const dots = digits.split('.').length - 1;
  if (dots >= 2 && !digits.includes(',')) return 'version';
  if (unit === undefined && before !== undefined && !tokens[at]?.afterBreak) {
    if (VERSION_BEFORE.has(before.text) || isTech(before.text)) return 'version';
    if (dots === 1 && /^\p{Lu}/u.test(before.surface) && before.content) return 'version';
  }
  return unit === undefined && /^(?:1\d|20|21)\d\d$/.test(digits) && !isOperand(tokens, at) ? 'year' : 'plain';
}

function isOperand(tokens: readonly Token[], at: number): boolean {
  const around = [tokens[at - 1], tokens[at + 1]];
  return around.some((token) => token?.kind === 'symbol' && '+*/=^<>%'.includes(token.text));
}

/** `the first CEO`, unlike `the first time` and `at first`, picks one of several. */
function isThe(tokens: readonly Token[], i: number): boolean {
  const next = tokens[i + 1];
  return (
    /^(?:first|second)$/.test(tokens[i]?.text ?? '') &&
    tokens[i - 1]?.text === 'the' &&
    next?.content === true &&
    !next.afterBreak &&
    !/^(?:time|place|thing|step|day)$/.test(next.key)
  );
}

/** `a month`, `an hour`: one of it, as an article may be left out or spelt as a number. */
function articleUnit(tokens: readonly Token[], i: number): Unit | undefined {
  if (!/^an?$/.test(tokens[i]?.text ?? '')) return undefined;
  const unit = unitWord(tokens[i + 1]?.text ?? '');
  return unit !== undefined && unit.dimension !== 'money' && unit.factor !== undefined ? unit : undefined;
}

/** All numbers of a question, in digits or in words, with their units. `language`: ISO 639-1, if its words tell. */
export function readNumbers(tokens: readonly Token[], language: string | undefined): NumberFact[] {
  const facts: NumberFact[] = [];
  const commaDecimal = language !== undefined && language !== 'en';
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as Token;
    if (token.kind === 'number') {
      const digits = parseDigits(token.text.normalize('NFKC'), commaDecimal);
      let end = i + 1;
      let scale = 1;
      for (let next = tokens[end]; next !== undefined && end < i + 3; next = tokens[++end]) {
        const factor = scaleOf(next.text) ?? (next.glued ? GLUED_SCALES.get(next.text) : undefined);
        if (factor === undefined) break;
        scale *= factor;
      }
      const unit = unitAround(tokens, i, end);
      const role = scale === 1 ? roleOf(tokens, i, digits, unit) : 'plain';
      const value = role === 'version' ? digits : canonical(digits, scale);
      facts.push({ value, role, unit, soft: false, from: i, to: end });
      i = end - 1;
    } else if (token.kind === 'word') {
      const textAt = (at: number) => tokens[at]?.text;
      const spelled = language === 'vi' && isSyllableOnly(textAt, i) ? undefined : readNumberWords(textAt, i);
      if (spelled !== undefined) {
        const unit = unitAround(tokens, i, i + spelled.length);
        facts.push({
          value: canonical(String(spelled.value), 1),
          role: 'plain',
          unit,
          soft: spelled.soft && !isThe(tokens, i),
          from: i,
          to: i + spelled.length,
        });
        i += spelled.length - 1;
        continue;
      }
      const period = articleUnit(tokens, i);
      if (period !== undefined) facts.push({ value: '1', role: 'plain', unit: period, soft: true, from: i, to: i + 1 });
      const roman = romanValue(token);
      if (roman !== undefined && i > 0)
        facts.push({ value: String(roman), role: 'plain', unit: undefined, soft: false, from: i, to: i + 1 });
    } else if (/^\p{N}$/u.test(token.text)) {
      const value = token.text.normalize('NFKC');
      facts.push({ value, role: 'plain', unit: undefined, soft: false, from: i, to: i + 1 });
    }
  }
  return facts;
}
