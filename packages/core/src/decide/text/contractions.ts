const NOT = /^(do|does|did|is|are|was|were|has|have|had|would|could|should|must|need)n'?t$/;
const NOT_WORDS: Readonly<Record<string, string>> = {
  "can't": 'can not',
  cannot: 'can not',
  "won't": 'will not',
  "shan't": 'shall not',
};
const SHORT: Readonly<Record<string, { readonly long: string; readonly behind: RegExp }>> = {
  m: { long: 'am', behind: /^i$/ },
  re: { long: 'are', behind: /^(?:you|we|they|who|what|where|there|how|why)$/ },
  ve: { long: 'have', behind: /^(?:i|you|we|they|who|would|could|should|might|must)$/ },
  ll: { long: 'will', behind: /^(?:i|you|he|she|it|we|they|who|what|that|there|this)$/ },
  s: { long: 'is', behind: /^(?:what|who|where|when|why|how|it|he|she|that|there|here|this)$/ },
};
/** Typed without the apostrophe, and no words of their own. */
const BARE = /^(?:(what|where|how|when|that|there|who)s|(you|they)re)$/;

/** The long form of a word in small letters; the word itself when it has none or more than one. */
export function expandContraction(word: string): string {
  const not = NOT.exec(word);
  if (not !== null) return `${not[1]} not`;
  if (word === "let's") return 'let us';
  const bare = BARE.exec(word);
  if (bare !== null) return bare[1] === undefined ? `${bare[2]} are` : `${bare[1]} is`;
  const at = word.indexOf("'");
  const short = at > 0 ? SHORT[word.slice(at + 1)] : undefined;
  if (short?.behind.test(word.slice(0, at))) return `${word.slice(0, at)} ${short.long}`;
  return Object.hasOwn(NOT_WORDS, word) ? (NOT_WORDS[word] as string) : word;
}
