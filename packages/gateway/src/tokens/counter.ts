/** Counts by o200k_base, the encoding of OpenAI's models since GPT-4o; others differ by some per cent. */
type Count = (text: string) => number;

/**
 * The encoding's time grows with the square of a run of characters without a break (16,000 of them: seconds), so texts
 * are counted in pieces; each cut costs at most a token.
 */
const PIECE_CHARACTERS = 512;
/** Of longer texts so many pieces, spread evenly, stand for the whole. */
const PIECES_MAX = 32;
/** English has about four characters to a token, other languages fewer. */
const CHARACTERS_PER_TOKEN = 3;

let loaded: Count | undefined;
let loading: Promise<void> | undefined;

/** The tables take about 65 MB and some hundred milliseconds, once; who limits nothing does without. */
export function loadCounter(): Promise<void> {
  loading ??= import('gpt-tokenizer/encoding/o200k_base').then(({ countTokens }) => {
    const plain = { disallowedSpecial: new Set<string>() };
    // What looks like a special token is a client's text like any other.
    loaded = (text) => countTokens(text, plain);
  });
  return loading;
}

/** Tokens of a text; before the tables are there, a guess from its length. */
export function countText(text: string): number {
  if (loaded === undefined) return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
  if (text.length <= PIECE_CHARACTERS) return loaded(text);
  const pieces = Math.ceil(text.length / PIECE_CHARACTERS);
  const stride = Math.max(1, pieces / PIECES_MAX);
  let tokens = 0;
  let characters = 0;
  for (let at = 0; at < pieces; at += stride) {
    const piece = text.slice(Math.floor(at) * PIECE_CHARACTERS, (Math.floor(at) + 1) * PIECE_CHARACTERS);
    tokens += loaded(piece);
    characters += piece.length;
  }
  return Math.ceil((tokens * text.length) / characters);
}
