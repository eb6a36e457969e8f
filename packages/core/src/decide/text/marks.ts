import { isFunctionWord } from '../words/function-words.ts';
import { SHORT_FORMS } from '../words/short-forms.ts';
import { isAmbiguousTech, isTech } from '../words/tech.ts';
import type { Token } from './tokens.ts';

const IDENTIFIER =
  /https?:\/\/[^\s<>"']{1,300}|www\.[^\s<>"']{1,300}|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}|(?<![\w-])--?[a-z][\w-]{0,63}|(?<!`)`[^`\s][^`\n]{0,100}`(?!`)|[\p{L}_$][\p{L}\p{N}_$]{0,80}(?:(?:\.|::|->)[\p{L}_$][\p{L}\p{N}_$]{0,80}){0,8}(?:\(\))?/gu;
const FILE =
  /\.(?:js|ts|py|java|cpp|c|h|cs|rb|go|rs|php|html|css|json|ya?ml|xml|md|txt|csv|sql|sh|exe|dll|pdf|docx?|xlsx?|png|jpe?g|gif|zip|toml|ini|cfg|conf|log|net|com|org|io)$/i;
const CAMEL = /^\p{Ll}[\p{Ll}\p{N}]{1,}\p{Lu}[\p{Ll}\p{N}]+|^\p{Lu}[\p{Ll}\p{N}]+\p{Lu}[\p{Ll}\p{N}]+\p{Lu}/u;
const BRANDS = /^(?:i(?:phone|pad|pod|os|mac|tunes|cloud|message)|ebay|e[bB]ook|linkedin|youtube|whatsapp|paypal)/i;

/** `os.path` and `a.b.c`, but not `U.S.` nor a full stop without a space behind it (`day.what`). */
function isDotted(text: string): boolean {
  const parts = text.split('.');
  if (FILE.test(text) || isTech(parts[0] ?? '')) return true;
  if (parts.every((part) => part.length === 1)) return false;
  return parts.length > 2 || parts.every((part) => /^\p{Ll}{2,}$/u.test(part) && !isFunctionWord(part));
}

function isIdentifier(text: string, called: boolean): boolean {
  if (called && text.length > 1) return true;
  if (/^(?:https?:|www\.|`|-)|@/.test(text)) return true;
  if (text.includes('_') && /\p{L}/u.test(text)) return true;
  if (text.endsWith('()') || text.includes('::') || text.includes('->')) return true;
  if (/^\p{L}+(?:\.\p{L}+)+$/u.test(text)) return isDotted(text);
  return CAMEL.test(text) && !BRANDS.test(text);
}

/** Identifiers, flags, file names and addresses, as written, without the marks around them. */
export function readIdentifiers(cleaned: string): Set<string> {
  const found = new Set<string>();
  const isCode = /[{};]|=>|==|\(\)/.test(cleaned);
  for (const match of cleaned.matchAll(IDENTIFIER)) {
    const called = isCode && cleaned[match.index + match[0].length] === '(';
    const text = match[0].replace(/[.,;:!?]+$/, '');
    if (isIdentifier(text, called)) found.add(text.replaceAll('`', '').replace(/\(\)$/, ''));
  }
  return found;
}

const CODE_CONTEXT = new Set(
  'code program programming programmer function script language compiler library framework syntax developer app application software api learn api array string class object method variable loop list vector pointer file lập_trình hàm mã'.split(
    ' ',
  ),
);

/** Programming languages, systems and tools that the question names. */
export function readTech(tokens: readonly Token[]): Set<string> {
  const found = new Set<string>();
  const context = tokens.some((token) => CODE_CONTEXT.has(token.text) || CODE_CONTEXT.has(token.key));
  tokens.forEach((token, i) => {
    let name = SHORT_FORMS.get(token.text) ?? token.text;
    const next = tokens[i + 1]?.text;
    if (name === 'java' && next === 'script') name = 'javascript';
    if (name === 'type' && next === 'script') name = 'typescript';
    if (name === 'golang') name = 'go';
    if (name === 'c' && token.surface !== 'C') return;
    if (!isTech(name)) return;
    const named = /^\p{Lu}/u.test(token.surface) && !token.sentenceStart;
    if (!isAmbiguousTech(name) || (context && named) || (name === 'c' && named && tokens.length < 40)) found.add(name);
  });
  return found;
}

/** The strings between straight double quotes, or single ones around more than a word; at most 20. Lower case. */
export function readQuoted(cleaned: string): string[] {
  const found: string[] = [];
  for (const match of cleaned.matchAll(/"([^"]{1,200})"|(?<![\p{L}\p{N}])'([^'"\n]{2,100})'(?![\p{L}\p{N}])/gu)) {
    const text = (match[1] ?? match[2] ?? '').toLowerCase().trim();
    if (text !== '' && found.length < 20) found.push(text);
  }
  return found;
}
