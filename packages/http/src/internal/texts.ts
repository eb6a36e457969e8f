/** Of one request. */
const TEXTS_MAX = 32;
const CHARS_MAX = 262_144;

/** Whatever model: what is behind this is not looked at. */
const TEXT_CHARS_MIN = 65_536;
const CHARS_PER_TOKEN_MAX = 64;

export interface CutTexts {
  readonly texts: readonly string[];
  /** For each text whether its end is missing. */
  readonly was: readonly boolean[];
  readonly any: boolean;
}

/** Without what no model of `tokensMax` tokens would look at: a long text must not travel for nothing. */
export function cutTexts(texts: readonly string[], tokensMax: number): CutTexts {
  const charsMax = Math.max(TEXT_CHARS_MIN, CHARS_PER_TOKEN_MAX * tokensMax);
  const was = texts.map((text) => text.length > charsMax);
  if (!was.includes(true)) return { texts, was, any: false };
  return { texts: texts.map((text) => cutText(text, charsMax)), was, any: true };
}

function cutText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const last = text.charCodeAt(charsMax - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? charsMax - 1 : charsMax);
}

/** In order, each part small enough for one request; a text that is longer than that alone. */
export function inParts(texts: readonly string[]): string[][] {
  const parts: string[][] = [];
  let part: string[] = [];
  let chars = 0;
  for (const text of texts) {
    if (part.length === TEXTS_MAX || (part.length > 0 && chars + text.length > CHARS_MAX)) {
      parts.push(part);
      part = [];
      chars = 0;
    }
    part.push(text);
    chars += text.length;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
