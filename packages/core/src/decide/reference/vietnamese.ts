import type { Token } from '../text/tokens.ts';
import { words } from '../words/lines.ts';

const set = (list: string): ReadonlySet<string> => new Set(words(list));

const CLAUSE_STARTS = set('và nhưng thì mà khi nếu vì nên rồi còn');
/** Before a noun. */
const NOUN_MARKS = set(
  'con cái chiếc cuốn quyển một các những của ở về là người ông bà anh chị cô thằng bác chú tên bài nước',
);
/** Sentences that ask or tell what to do begin with them. */
const STARTERS = set(
  'làm cách tại vì hãy giải dịch viết tóm cho kể nêu sao có ai gì bao nhiêu ở đâu mấy khi nào thế nếu',
);
const THINGS = set('người cái điều việc chỗ nơi ở từ sau trước trong thứ');
const WITH_TA = set('anh cô ông bà chị hắn bọn lão');
const ALONE = set('nó hắn ổng bả');

/** The pronoun that begins or ends at a token, as it is said. */
function pronounAt(tokens: readonly Token[], at: number): string | undefined {
  const text = tokens[at]?.text ?? '';
  const before = tokens[at - 1]?.text ?? '';
  const next = tokens[at + 1];
  if (ALONE.has(text)) return text;
  if (text === 'ấy' && before !== '') return `${before} ấy`;
  if (text === 'ta' && WITH_TA.has(before)) return `${before} ta`;
  if ((text === 'đó' || text === 'này' || text === 'kia' || text === 'đấy') && THINGS.has(before))
    return `${before} ${text}`;
  if (text === 'chúng') return /^(?:ta|tôi|mình|em|con|cháu|tớ|sinh)$/.test(next?.text ?? '') ? undefined : text;
  if (text !== 'họ') return undefined;
  const family =
    /^(?:hàng|tên|ngoại|nội|và)$/.test(next?.text ?? '') || (next !== undefined && next.surface !== next.text);
  return family || /^(?:dòng|cùng|tên|trong)$/.test(before) ? undefined : text;
}

function hasAntecedent(tokens: readonly Token[], at: number): boolean {
  let clause = 0;
  for (let start = at; start > 0 && clause === 0; start--)
    if (tokens[start]?.afterBreak || CLAUSE_STARTS.has(tokens[start]?.text ?? '')) clause = start;
  return tokens.slice(0, at).some((token, i) => {
    if (!token.content || token.kind !== 'word') return false;
    const named = token.surface !== token.text && (!token.sentenceStart || i < clause);
    if (named && !STARTERS.has(token.text)) return true;
    return i < clause && NOUN_MARKS.has(tokens[i - 1]?.text ?? '');
  });
}

/** As in English. `ấy`, `đó`, `này` behind a noun count in a conversation only. */
export function openPronounVi(tokens: readonly Token[], alone: boolean): string | undefined {
  for (const [at, token] of tokens.entries()) {
    const said = pronounAt(tokens, at);
    if (said === undefined) {
      if (!alone && /^(?:đó|này|kia|đấy)$/.test(token.text) && at > 0) return token.text;
      continue;
    }
    // The two syllables are one pronoun: neither is what it means.
    if (alone && hasAntecedent(tokens, said.includes(' ') ? at - 1 : at)) continue;
    return said;
  }
  return undefined;
}
