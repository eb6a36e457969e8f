import { isObject } from './answer.ts';

/** A piece of streamed text with the log probabilities of its tokens, where there are any. */
export interface Piece {
  readonly text: string;
  readonly tokens?: readonly unknown[];
}

/** Columns after which a piece ends at the next good place: about four English words, or ten Chinese characters. */
const PIECE_WIDTH = 20;
/** A text without good places is cut here. */
const PIECE_WIDTH_MAX = 3 * PIECE_WIDTH;
/** Bounds the number of events: longer texts get longer pieces. */
const PIECES_MAX = 2000;

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Where to cut a text that is sent in pieces: ends, as UTF-16 offsets, the last one the text's length; none for ''.
 * Cuts fall before a space or between characters of scripts that write without spaces, never inside a grapheme.
 */
export function cutText(text: string): number[] {
  if (text === '') return [];
  const widthMin = Math.max(PIECE_WIDTH, Math.ceil(text.length / PIECES_MAX));
  const widthMax = Math.max(PIECE_WIDTH_MAX, widthMin);
  const ends: number[] = [];
  // A last line break stays with the line it ends.
  const lastWordEnd = text.trimEnd().length;
  let width = 0;
  for (let at = 1; at < lastWordEnd; at += 1) {
    width += text.charCodeAt(at - 1) >= 0x2e80 ? 2 : 1;
    if (width < widthMin || (width < widthMax && !isGoodPlace(text, at))) continue;
    at = safeCut(text, ends.at(-1) ?? 0, at);
    if (at >= text.length) break;
    ends.push(at);
    width = 0;
  }
  ends.push(text.length);
  return ends;
}

function isGoodPlace(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1);
  const after = text.charCodeAt(at);
  if (isSpace(after)) return !isSpace(before);
  return isUnspaced(before) || isUnspaced(after);
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0x3000;
}

/** Scripts written without spaces: Thai to Tibetan, Myanmar, Khmer, CJK and kana. Korean has spaces. */
function isUnspaced(code: number): boolean {
  if (code < 0x0e00) return false;
  return code <= 0x0fff || (code >= 0x1000 && code <= 0x109f) || (code >= 0x1780 && code <= 0x17ff) || isCjk(code);
}

function isCjk(code: number): boolean {
  return (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xff00 && code <= 0xffef);
}

/**
 * `at` itself where a cut there splits no grapheme, else the end of the grapheme around it. `from`, a known good cut
 * before it, bounds what ICU has to look at: asked about a whole text, it takes time in proportion to all of it.
 */
function safeCut(text: string, from: number, at: number): number {
  if (standsAlone(text.charCodeAt(at - 1)) && standsAlone(text.charCodeAt(at))) {
    return text.charCodeAt(at) === 10 && text.charCodeAt(at - 1) === 13 ? at + 1 : at;
  }
  for (let ahead = 16; ; ahead *= 4) {
    const around = GRAPHEMES.segment(text.slice(from, at + ahead)).containing(at - from);
    if (around === undefined || around.index === at - from) return at;
    const end = from + around.index + around.segment.length;
    if (end < at + ahead || end >= text.length) return end;
  }
}

/** Characters that join no neighbour of their kind: Latin, ideographs, kana, Hangul syllables (CR LF excepted). */
function standsAlone(code: number): boolean {
  if (code < 0x300) return true;
  return (code >= 0x3041 && code <= 0x3096) || (code >= 0x309b && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3);
}

/**
 * A text in pieces, the tokens' log probabilities with the piece they belong to: cuts then fall between tokens. Tokens
 * that do not spell the text all ride on the first piece.
 */
export function piecesOf(text: string, tokens?: readonly unknown[]): Piece[] {
  const ends = cutText(text);
  if (tokens === undefined) return ends.map((end, i) => ({ text: text.slice(ends[i - 1] ?? 0, end) }));
  const offsets = tokenEnds(text, tokens);
  if (offsets === undefined) {
    return ends.map((end, i) => ({ text: text.slice(ends[i - 1] ?? 0, end), tokens: i === 0 ? tokens : [] }));
  }
  return alignedPieces(text, tokens, offsets, ends);
}

function alignedPieces(
  text: string,
  tokens: readonly unknown[],
  offsets: readonly number[],
  ends: readonly number[],
): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  let firstToken = 0;
  let next = 0;
  for (const [i, offset] of offsets.entries()) {
    if (offset < (ends[next] ?? Number.POSITIVE_INFINITY) || offset >= text.length) continue;
    if (safeCut(text, start, offset) !== offset) continue;
    pieces.push({ text: text.slice(start, offset), tokens: tokens.slice(firstToken, i + 1) });
    start = offset;
    firstToken = i + 1;
    while ((ends[next] ?? Number.POSITIVE_INFINITY) <= offset) next += 1;
  }
  pieces.push({ text: text.slice(start), tokens: tokens.slice(firstToken) });
  return pieces;
}

/**
 * UTF-16 offset at which each token ends, -1 where it ends inside a character. Undefined when the tokens' bytes are not
 * the text's. A token that is part of a character is told by its `bytes` only.
 */
function tokenEnds(text: string, tokens: readonly unknown[]): number[] | undefined {
  const parts: Buffer[] = [];
  for (const token of tokens) {
    if (!isObject(token)) return undefined;
    if (isBytes(token.bytes)) parts.push(Buffer.from(token.bytes));
    else if (typeof token.token === 'string') parts.push(Buffer.from(token.token));
    else return undefined;
  }
  const all = Buffer.concat(parts);
  if (!all.equals(Buffer.from(text))) return undefined;
  let byte = 0;
  let counted = 0;
  let offset = 0;
  return parts.map((part) => {
    byte += part.byteLength;
    const insideCharacter = byte < all.byteLength && ((all[byte] ?? 0) & 0xc0) === 0x80;
    if (insideCharacter) return -1;
    offset += all.toString('utf8', counted, byte).length;
    counted = byte;
    return offset;
  });
}

function isBytes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255);
}
