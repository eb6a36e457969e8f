/** The parts of a prompt that a retrieval framework put together. */
export interface QuerySuggestion {
  /** Whose prompt it looks like. */
  readonly template: 'langchain' | 'llamaindex' | 'haystack' | 'tags' | 'labels' | 'vietnamese';
  /** The bare question, as it stands in the text. */
  readonly query: string;
  /** Where the passages stand in the text: UTF-16 units, `end` exclusive. */
  readonly passages: { readonly start: number; readonly end: number };
  /** What to do with it, for people. */
  readonly how: string;
}

const HOW =
  'Send the bare question as nearhit.query, and name what the passages come from in nearhit.context ([{"id", "version"}]): ' +
  'repeats are then matched on the question alone, and no answer is served for other passages. nearhit never does so by itself.';

/** A label at the beginning of a line. Every repetition is bounded or anchored, so that a search is linear. */
const label = (names: string): RegExp =>
  new RegExp(`^[ \\t>*#]{0,20}(?:${names})[ \\t]{0,4}(?:\\*\\*)?[:\\uff1a](?:\\*\\*)?`, 'gimu');

const QUESTION = label(
  '(?:(?:user|human|current|standalone|the|input|final|my)[ ])?(?:question|query|user input)|câu hỏi(?: của (?:người dùng|tôi))?|hỏi|truy vấn',
);
const ANSWER = label(
  '(?:(?:helpful|your|final|detailed|concise|short)[ ])?(?:answer|response|output)|assistant|(?:câu )?trả lời(?: hữu ích| ngắn gọn)?|đáp án',
);
const CONTEXT = label(
  '(?:retrieved |relevant |the )?(?:contexts?|documents?|docs|passages?|sources?|information|search results|reference(?: text| material)?s?|knowledge|background)(?: information)?|ngữ cảnh|tài liệu|thông tin|bối cảnh|văn bản|đoạn văn',
);
const TAGS = [
  'context',
  'contexts',
  'documents',
  'docs',
  'passages',
  'sources',
  'search_results',
  'chunks',
  'ngu_canh',
];
const QUESTION_TAGS = ['question', 'query', 'user_query', 'user_question', 'cau_hoi'];

/** Longest question that is proposed. */
const QUESTION_MAX = 2000;

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Found {
  readonly query: Span;
  readonly passages: Span;
}

function labels(pattern: RegExp, text: string): Span[] {
  return [...text.matchAll(pattern)].map(({ index, 0: said }) => ({ start: index, end: index + said.length }));
}

/** Between `<tag>` and the last `</tag>`. */
function tagged(text: string, tags: readonly string[]): (Span & { readonly outer: Span }) | undefined {
  for (const tag of tags) {
    const start = text.indexOf(`<${tag}>`);
    const end = text.lastIndexOf(`</${tag}>`);
    if (start < 0 || end < start) continue;
    const inner = { start: start + tag.length + 2, end };
    return { ...inner, outer: { start, end: end + tag.length + 3 } };
  }
  return undefined;
}

function trimmed(text: string, { start, end }: Span): Span {
  const part = text.slice(start, end);
  const from = start + (part.length - part.trimStart().length);
  return { start: from, end: Math.max(from, start + part.trimEnd().length) };
}

/** From `start` to the next answer label, the next blank line or `limit`. */
function questionFrom(text: string, start: number, limit: number): Span {
  const from = trimmed(text, { start, end: limit }).start;
  const answer = labels(ANSWER, text.slice(from, from + QUESTION_MAX + 1))[0];
  const blank = text.slice(from, limit).search(/\r?\n[ \t]{0,20}\r?\n/u);
  const ends = [limit, answer === undefined ? limit : from + answer.start, blank < 0 ? limit : from + blank];
  return trimmed(text, { start: from, end: Math.min(...ends) });
}

/** `<context>...</context>`, with the question in a tag of its own, behind a label, or in what is left. */
function byTags(text: string): Found | undefined {
  const context = tagged(text, TAGS);
  if (context === undefined) return undefined;
  const passages = trimmed(text, context);
  const asked = tagged(text, QUESTION_TAGS);
  if (asked !== undefined && outside(asked, context.outer)) return { query: trimmed(text, asked), passages };
  const named = labels(QUESTION, text)
    .filter((one) => outside(one, context.outer))
    .at(-1);
  if (named !== undefined) {
    const limit = named.end <= context.outer.start ? context.outer.start : text.length;
    return { query: questionFrom(text, named.end, limit), passages };
  }
  const rest = trimmed(text, { start: context.outer.end, end: text.length });
  const only = !/\n[ \t]{0,20}\n/u.test(text.slice(rest.start, rest.end));
  return only ? { query: rest, passages } : undefined;
}

const outside = (one: Span, other: Span): boolean => one.end <= other.start || one.start >= other.end;

/** Passages behind a label (or from `intro` on), the question behind another, in either order. */
function byLabels(text: string, intro: number | undefined): Found | undefined {
  const asked = labels(QUESTION, text);
  const named = labels(CONTEXT, text)[0];
  const first = asked[0];
  if (first !== undefined && named !== undefined && first.start < named.start) {
    const answer = labels(ANSWER, text).findLast(({ start }) => start > named.end);
    const passages = trimmed(text, { start: named.end, end: answer?.start ?? text.length });
    return { query: questionFrom(text, first.end, named.start), passages };
  }
  const last = asked.at(-1);
  const start = named?.end ?? intro;
  if (last === undefined || start === undefined || last.start < start) return undefined;
  return { query: questionFrom(text, last.end, text.length), passages: trimmed(text, { start, end: last.start }) };
}

/** LlamaIndex: the passages stand between two lines of dashes. */
function byDashes(text: string, intro: number): Found | undefined {
  const dashes = [...text.matchAll(/^-{5,}[ \t]*$/gmu)].map(({ index, 0: said }) => ({
    start: index,
    end: index + said.length,
  }));
  const inside = dashes.filter(({ start }) => start >= intro);
  const [open, close] = [inside[0], inside.at(-1)];
  if (open === undefined || close === undefined || open === close) return byLabels(text, intro);
  const asked = labels(QUESTION, text).findLast(({ start }) => start > close.start);
  if (asked === undefined) return undefined;
  const passages = trimmed(text, { start: open.end, end: close.start });
  return { query: questionFrom(text, asked.end, text.length), passages };
}

/** Where the paragraph of an introduction ends; undefined where it is not there. */
function introEnd(text: string, intro: RegExp): number | undefined {
  const found = intro.exec(text);
  if (found === null) return undefined;
  const line = text.indexOf('\n', found.index);
  return line < 0 ? text.length : line + 1;
}

const LLAMAINDEX = /context information (?:from multiple sources )?is below/iu;
const LANGCHAIN =
  /(?:use|given|based on|using) the following (?:pieces of |extracted parts of )?(?:retrieved |a long )?(?:context|document)|answer (?:any|the) .{0,40}based (?:solely |only )?on the (?:following )?context/iu;
const HAYSTACK = /given (?:these|the following) (?:documents|information)/iu;
const VIETNAMESE = /ngữ cảnh|câu hỏi[ \t]*:|tài liệu sau|thông tin sau|đoạn văn sau/iu;

function find(text: string): (Found & Pick<QuerySuggestion, 'template'>) | undefined {
  const isVietnamese = VIETNAMESE.test(text);
  const tags = byTags(text);
  if (tags !== undefined) return { ...tags, template: 'tags' };
  const llamaindex = introEnd(text, LLAMAINDEX);
  const dashed = llamaindex === undefined ? undefined : byDashes(text, llamaindex);
  if (dashed !== undefined) return { ...dashed, template: 'llamaindex' };
  const [langchain, haystack] = [introEnd(text, LANGCHAIN), introEnd(text, HAYSTACK)];
  const vietnamese = isVietnamese
    ? introEnd(text, /(?:dựa (?:vào|trên)|sử dụng|dùng) .{0,60}(?:sau|dưới đây)/iu)
    : undefined;
  const found = byLabels(text, langchain ?? haystack ?? vietnamese);
  if (found === undefined) return undefined;
  const template = isVietnamese
    ? 'vietnamese'
    : langchain !== undefined
      ? 'langchain'
      : haystack === undefined
        ? 'labels'
        : 'haystack';
  return { ...found, template };
}

/**
 * The bare question of a prompt that carries retrieved passages, as the usual frameworks write it (LangChain, LlamaIndex,
 * Haystack, tags, labels; English and Vietnamese). Undefined where it does not look like one. Linear, never throws. A
 * proposal for whoever writes the client: it is shown by `explain` and never applied.
 */
export function suggestQuery(text: string): QuerySuggestion | undefined {
  const found = find(text);
  if (found === undefined) return undefined;
  const { template, query, passages } = found;
  const length = query.end - query.start;
  if (length <= 0 || length > QUESTION_MAX || passages.end <= passages.start) return undefined;
  return { template, query: text.slice(query.start, query.end), passages, how: HOW };
}
