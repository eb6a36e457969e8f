import {
  ABOUT_WORDS,
  ANNOUNCING,
  ASKING,
  ENDING,
  GREETING,
  PLEADING,
  QUESTION_BEGINS,
  SPOKEN_OF_AFTER,
  SPOKEN_OF_BEFORE,
  THANKS,
} from '../words/courtesies.ts';

/** A stretch without white space. */
export interface Piece {
  /** What stands before its first letter or digit; the whole of it when it has none. */
  readonly lead: string;
  /** In small letters where case tells nothing; contractions as typed. */
  readonly core: string;
  readonly trail: string;
}

const BREAK = /[.,!?:;\u2026\u3002\uff0c]/u;
const ASKING_OR_PLEADING = [...ASKING, ...PLEADING];
const ROUNDS = 3;

/** The pieces without the courtesies around them. `small`: the text in small letters. */
export function withoutCourtesies(pieces: readonly Piece[], small: string): readonly Piece[] {
  const aboutWords = ABOUT_WORDS.test(small);
  let start = 0;
  let end = pieces.length;
  for (let round = 0; round < ROUNDS; round++) {
    const opening = openingAt(pieces, start, end, aboutWords);
    start += opening;
    const closing = aboutWords || small.includes(':') ? 0 : closingAt(pieces, start, end);
    end -= closing;
    if (opening + closing === 0) break;
  }
  return start === 0 && end === pieces.length ? pieces : pieces.slice(start, end);
}

/** How many pieces to leave out at `start`; something is always left. */
function openingAt(pieces: readonly Piece[], start: number, end: number, aboutWords: boolean): number {
  const announcing = longest(pieces, start, end, ANNOUNCING);
  if (announcing > 0 && isBroken(pieces[start + announcing - 1])) return announcing;
  const asking = longest(pieces, start, end, aboutWords ? ASKING : ASKING_OR_PLEADING);
  const next = pieces[start + asking];
  if (asking > 0 && next !== undefined && next.core !== '' && next.lead === '' && !SPOKEN_OF_BEFORE.has(next.core))
    return asking;
  const greeting = aboutWords ? 0 : longest(pieces, start, end, GREETING);
  if (greeting === 0) return 0;
  const after = pieces.slice(start + greeting, start + greeting + 2).map(({ core }) => core);
  // What is greeted with next may be what is asked about: "Hello, how are you in French?"
  if (after.join(' ') === 'how are') return 0;
  return isBroken(pieces[start + greeting - 1]) || QUESTION_BEGINS.has(after[0] ?? '') ? greeting : 0;
}

const isBroken = (piece: Piece | undefined): boolean => BREAK.test(piece?.trail ?? '');

function closingAt(pieces: readonly Piece[], start: number, end: number): number {
  for (const [frames, needsBreak] of [
    [THANKS, true],
    [ENDING, false],
  ] as const) {
    for (const frame of frames) {
      const at = end - frame.length;
      if (at <= start || !matches(pieces, at, frame)) continue;
      const before = pieces[at - 1] as Piece;
      if (needsBreak ? isBroken(before) : before.trail === '' && !SPOKEN_OF_AFTER.has(before.core)) return frame.length;
    }
  }
  return 0;
}

function longest(pieces: readonly Piece[], start: number, end: number, frames: readonly string[][]): number {
  for (const frame of frames) if (start + frame.length < end && matches(pieces, start, frame)) return frame.length;
  return 0;
}

/** Nothing but the end of a frame may carry punctuation. */
function matches(pieces: readonly Piece[], at: number, frame: readonly string[]): boolean {
  return frame.every((word, i) => {
    const piece = pieces[at + i];
    const last = i === frame.length - 1;
    return (
      piece?.core === word && piece.lead === '' && (last ? /^[.,!?:;\u2026]*$/u.test(piece.trail) : piece.trail === '')
    );
  });
}
