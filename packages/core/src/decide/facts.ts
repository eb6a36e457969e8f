import { countBy } from './text/counts.ts';
import { readCode, readExpressions, readPictures, readSigns } from './text/formal.ts';
import { withoutFrames } from './text/frames.ts';
import { type Given, readGiven } from './text/given.ts';
import { readHidden } from './text/hidden.ts';
import { dominantScript, latinLanguage } from './text/language.ts';
import { readIdentifiers, readQuoted, readTech } from './text/marks.ts';
import { clean, identityOf, QUESTION_LENGTH_MAX } from './text/normalise.ts';
import { numberWord } from './text/number-words.ts';
import { type NumberFact, readNumbers } from './text/numbers.ts';
import { findPhrases, indexPhrases } from './text/phrases.ts';
import { formOf } from './text/question-form.ts';
import { type Token, tokenize } from './text/tokens.ts';
import { ANSWER_VERBS, INSTRUCTION_PHRASES } from './words/instructions.ts';
import { QUESTION_PHRASES } from './words/questions.ts';
import { membershipsOf } from './words/siblings.ts';

export interface Instruction {
  readonly slot: string;
  readonly value: string;
  /** Keys of the words that say so. */
  readonly said: readonly string[];
}

/** A question, read once: everything that guards compare. Lower case unless stated. */
export interface QuestionFacts {
  /** As asked. */
  readonly text: string;
  /** Longer than `QUESTION_LENGTH_MAX`: nothing below `identity` was read. */
  readonly tooLong: boolean;
  /** Unicode form, white space, case and end punctuation removed; what is hidden kept. */
  readonly identity: string;
  /** As `formOf` gives it: questions of one form are the same question. */
  readonly form: string | undefined;
  /** Every word, number and sign in order, contractions expanded and courtesies dropped. */
  readonly wording: string;
  /** What nobody sees (text/hidden.ts). */
  readonly hidden: string;
  /** Unicode made regular, case kept. */
  readonly cleaned: string;
  readonly tokens: readonly Token[];
  /** How often each token key occurs. */
  readonly keys: ReadonlyMap<string, number>;
  readonly numbers: readonly NumberFact[];
  /** Calculations, without spaces. */
  readonly expressions: string;
  /** Lines of code, white space squeezed. */
  readonly code: string;
  /** Operators, and formulas such as H2O. */
  readonly signs: ReadonlySet<string>;
  /** Emoji: those between words, and all. */
  readonly pictures: { readonly inside: string; readonly all: string };
  readonly quoted: readonly string[];
  /** The text that it asks to have worked on. */
  readonly given: Given | undefined;
  /** Case kept. */
  readonly identifiers: ReadonlySet<string>;
  readonly tech: ReadonlySet<string>;
  /** Of the answer asked for: `person`, `time`, `place`... */
  readonly answers: ReadonlySet<string>;
  /** How the answer is wanted. */
  readonly instructions: readonly Instruction[];
  readonly script: string | undefined;
  /** ISO 639-1, of text in Latin letters whose words tell. */
  readonly language: string | undefined;
}

const QUESTIONS = indexPhrases(QUESTION_PHRASES);
const INSTRUCTIONS = indexPhrases(INSTRUCTION_PHRASES);

/** `không bao giờ` is never, `ai cũng` everybody, `bất cứ lúc nào` at any time: they ask nothing. */
function isIndefinite(tokens: readonly Token[], from: number, to: number): boolean {
  const text = (at: number) => tokens[at]?.text ?? '';
  return (
    /^(?:cũng|đó|đấy|nấy)$/.test(text(to)) ||
    /^(?:không|chẳng|chưa|đừng)$/.test(text(from - 1)) ||
    (/^(?:cứ|kỳ|kì|kể)$/.test(text(from - 1)) && text(from - 2) === 'bất')
  );
}

function readAnswers(tokens: readonly Token[]): Set<string> {
  const found = new Set<string>();
  for (const { phrase, at } of findPhrases(tokens, QUESTIONS)) {
    if (isIndefinite(tokens, at, at + phrase.words.length)) continue;
    const before = tokens[at - 1];
    // "the person who", "days when": a relative clause asks nothing.
    if (
      before?.content === true &&
      !tokens[at]?.afterBreak &&
      /^(?:who|whom|whose|when|where|why)$/.test(phrase.words[0] ?? '')
    )
      if (at > 2) continue;
    found.add(phrase.answer);
  }
  // "trận chiến nào": which battle. Longer phrases (`khi nào`) were taken above.
  if (found.size === 0 && tokens.some(({ text }, i) => text === 'nào' && tokens[i - 1]?.content)) found.add('which');
  return found;
}

const PARTS =
  /^(?:word|sentenc|paragraph|bullet|point|lin|pag|exampl|item|tip|step|character|slid|question|từ|câu|đoạn|ví|bước)$/;

/** `in 50 words`, `three bullet points`: how much is wanted. */
function readAmounts(tokens: readonly Token[]): Instruction[] {
  return tokens.flatMap((token, i) => {
    const number = tokens[i - 1];
    const word = numberWord(number?.text ?? '');
    const asked =
      PARTS.test(token.key) && (number?.kind === 'number' || (word !== undefined && number?.text !== 'first'));
    if (!asked || number === undefined) return [];
    const [fact] = readNumbers([number], undefined);
    return [{ slot: token.key, value: `${fact?.value ?? number.text} ${token.key}`, said: [] }];
  });
}

const GUIDE = /^(?:instruct|instruction|guid|guide|process|direct|direction|tutorial|recip|recipe)$/;

function readInstructions(tokens: readonly Token[]): Instruction[] {
  const found: Instruction[] = findPhrases(tokens, INSTRUCTIONS).flatMap(({ phrase, at }) => {
    const end = at + phrase.words.length;
    // "step-by-step instructions": what `how` asks for.
    if (phrase.words.at(-1) === 'step' && GUIDE.test(tokens[end]?.key ?? '')) return [];
    const said = tokens.slice(at, end).filter(({ content, text }) => content && text !== 'format');
    return [{ slot: phrase.slot, value: phrase.value, said: said.map(({ key }) => key) }];
  });
  found.push(...readAmounts(tokens));
  tokens.forEach((token, i) => {
    if (!/^(?:in|into|to|sang|bằng)$/.test(token.text)) return;
    const name = tokens[i + (tokens[i + 1]?.text === 'tiếng' ? 2 : 1)];
    const language = membershipsOf(name?.text ?? '').find(({ group }) => group === 'language');
    const asked = tokens.slice(Math.max(0, i - 6), i).some(({ text }) => ANSWER_VERBS.has(text));
    if (language !== undefined && asked)
      found.push({ slot: 'target language', value: language.member, said: [name?.key ?? ''] });
  });
  return found;
}

/** Reads a question. Linear, bounded by `QUESTION_LENGTH_MAX`; never throws, whatever the text. */
export function readFacts(text: string): QuestionFacts {
  const tooLong = text.length > QUESTION_LENGTH_MAX;
  const hidden = readHidden(text);
  const kept = hidden === '' ? [] : [`\0${hidden}`];
  const identity = [identityOf(text), ...kept].join('');
  const cleaned = tooLong ? '' : clean(text);
  const tokens = withoutFrames(tokenize(cleaned));
  const expressions = readExpressions(cleaned);
  const code = readCode(cleaned);
  const pictures = readPictures(cleaned);
  const script = dominantScript(tokens);
  const language = script === 'latin' ? latinLanguage(tokens) : undefined;
  return {
    text,
    tooLong,
    identity,
    form: formOf(text),
    wording: [...tokens.map((token) => token.text), expressions, code, pictures.inside, ...kept].join(' ').trim(),
    hidden,
    cleaned,
    tokens,
    keys: countBy(tokens, ({ key }) => key),
    numbers: readNumbers(tokens, language),
    expressions,
    code,
    signs: readSigns(cleaned),
    pictures,
    quoted: readQuoted(cleaned),
    given: readGiven(cleaned),
    identifiers: readIdentifiers(cleaned),
    tech: readTech(tokens),
    answers: readAnswers(tokens),
    instructions: readInstructions(tokens),
    script,
    language,
  };
}
