// Rules that turn a question into another one: `[kind, equivalent, rewrite(text, facts, tools)]`, undefined where a rule does not apply.

const replaceWord = (text, from, to) => {
  const capital = /^\p{Lu}/u.test(from);
  const put = capital ? to[0].toUpperCase() + to.slice(1) : to;
  const at = [...text.matchAll(/[\p{L}\p{M}]+/gu)].find(([word]) => word === from)?.index;
  return at === undefined ? text : text.slice(0, at) + put + text.slice(at + from.length);
};

/** A word of meaning of the lexicon, in plain letters. */
function known(facts, { lexicon, pick }, least = 0) {
  const found = facts.tokens.filter(
    ({ content, kind, text }) => content && kind === 'word' && text.length > 3 && (lexicon.idOf(text) ?? -1) >= least,
  );
  return found.length === 0 ? undefined : pick(found);
}

/** Replaces a word by one of the lexicon that `fits(relation, similarity, x, y)`. */
const substitute =
  (fits, most = 12_000) =>
  (text, facts, tools) => {
    const { lexicon, words, pick } = tools;
    const token = known(facts, tools, 150);
    if (token === undefined) return undefined;
    const x = lexicon.idOf(token.text);
    const found = [];
    for (let y = 150; y < most; y++) {
      if (y === x || words[y].length < 4 || lexicon.isFamily(x, y)) continue;
      const similarity = lexicon.similarity(x, y);
      if (similarity > 0.3 && fits(lexicon.relation(x, y), similarity, token.text, words[y])) found.push(words[y]);
    }
    return found.length === 0 ? undefined : replaceWord(text, token.surface, pick(found));
  };

const ending = (word) => /(?:ing|ed|ly|s)$/.exec(word)?.[0] ?? '';
const sameForm = (x, y) => ending(x) === ending(y);

const MODIFIERS =
  'fake former small large red digital local second-hand private female military free wooden early retired famous young self-taught cheap luxury modern ancient online rural vegetarian electric professional'.split(
    ' ',
  );
const TAILS =
  'in winter|without a degree|after a divorce|for children|on a small budget|while pregnant|at night|with one hand|for beginners|in a small town|during exams|after surgery|as a student|at home|before the wedding|with a cat|on a Mac|by train|in the army|under stress'.split(
    '|',
  );
const BEGINNINGS = [
  /^how (?:do|can|should) (?:i|you|we) /i,
  /^how to /i,
  /^what is the best way to /i,
  /^what are (?:some|the best) ways to /i,
  /^what should i do to /i,
];
const HOWS = [
  'How do I ',
  'How can I ',
  'How do you ',
  'How to ',
  'What is the best way to ',
  'What are some ways to ',
  'How can one ',
  'How should I ',
];
const POLITE = [
  'Can you explain ',
  'I am curious: ',
  'Does anyone know ',
  'Tell me, ',
  'Just out of curiosity, ',
  'Please explain: ',
];

const lower = (text) => (/^[A-Z][a-z]/.test(text) && !/^I /.test(text) ? text[0].toLowerCase() + text.slice(1) : text);
const upper = (text) => text[0].toUpperCase() + text.slice(1);
const end = (text, more) => text.replace(/\s*[?.!]*$/, (mark) => `${more}${mark.trim()}`);

function typo(word, { random }) {
  const at = 1 + Math.floor(random() * (word.length - 2));
  const how = Math.floor(random() * 3);
  if (how === 0) return word.slice(0, at) + word.slice(at + 1);
  if (how === 1) return word.slice(0, at) + word[at] + word.slice(at);
  return word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2);
}

export const RULES = [
  ['sibling', false, substitute(({ sibling, synonym }, s, x, y) => sibling && !synonym && s < 0.8 && sameForm(x, y))],
  [
    'neighbour',
    false,
    substitute(({ synonym, kind }, s, x, y) => !synonym && !kind && s > 0.42 && s < 0.62 && sameForm(x, y), 6000),
  ],
  [
    'rare-neighbour',
    false,
    substitute(({ synonym, kind }, s, x, y) => !synonym && !kind && s > 0.35 && s < 0.6 && sameForm(x, y), 21_000),
  ],
  ['opposite', false, substitute(({ antonym }) => antonym)],
  ['synonym', true, substitute(({ synonym, antonym }, s, x, y) => synonym && !antonym && s > 0.74 && sameForm(x, y))],
  [
    'modifier',
    false,
    (text, facts, tools) => {
      const token = known(facts, tools);
      const before = token && facts.tokens[facts.tokens.indexOf(token) - 1];
      if (token === undefined || !/^(?:a|an|the|my|your|his|some|any|of)$/.test(before?.text ?? '')) return undefined;
      return replaceWord(text, token.surface, `${tools.pick(MODIFIERS)} ${token.surface}`);
    },
  ],
  ['tail', false, (text, facts, { pick }) => (facts.language === 'vi' ? undefined : end(text, ` ${pick(TAILS)}`))],
  [
    'part-dropped',
    false,
    (text) => {
      const found = /^(.*?\S) (?:and|or) [^,?]{3,40}(\?)?$/.exec(text);
      return found === null ? undefined : `${found[1]}${found[2] ?? ''}`;
    },
  ],
  [
    'how-whether',
    false,
    (text) => {
      const found = /^(?:How|Why|When|Where) (do|does|did|can|is|are|was|were) (.*)$/.exec(text);
      return found === null || /^(?:you|i|we|one) /i.test(found[2]) ? undefined : `${upper(found[1])} ${found[2]}`;
    },
  ],
  [
    'owner',
    false,
    (text, _facts, { pick }) => {
      const found = text.replace(/\b(?:my|your)\b/, pick(["my neighbor's", "my dog's", "my boss's", "a stranger's"]));
      return found === text ? undefined : found;
    },
  ],
  [
    'foreign-word',
    false,
    (text, facts, { pick, questions }) => {
      const words = facts.tokens.filter(
        ({ content, kind, text: word }) => content && kind === 'word' && word.length > 2,
      );
      const other = pick(questions).match(/\p{L}{4,}/gu);
      return words.length < 2 || other === null
        ? undefined
        : replaceWord(text, pick(words).surface, pick(other).toLowerCase());
    },
  ],
  [
    'how-frame',
    true,
    (text, _facts, { pick }) => {
      const beginning = BEGINNINGS.find((pattern) => pattern.test(text));
      return beginning === undefined ? undefined : text.replace(beginning, pick(HOWS));
    },
  ],
  ['polite', true, (text, facts, { pick }) => (facts.language === 'vi' ? undefined : pick(POLITE) + lower(text))],
  [
    'typo',
    true,
    (text, facts, tools) => {
      const long = facts.tokens.filter(
        ({ content, kind, text: word }) => content && kind === 'word' && word.length > 5,
      );
      const token = long.length === 0 ? undefined : tools.pick(long);
      return token && text.replace(token.surface, typo(token.surface, tools));
    },
  ],
  [
    'two-typos',
    true,
    (text, facts, tools) => {
      const long = facts.tokens.filter(
        ({ content, kind, text: word }) => content && kind === 'word' && word.length > 5,
      );
      if (long.length < 2) return undefined;
      return long.slice(0, 2).reduce((changed, { surface }) => changed.replace(surface, typo(surface, tools)), text);
    },
  ],
  [
    'fronted',
    true,
    (text) => {
      const found =
        /^((?:What|Who|How|Why|When|Where|Is|Are|Do|Does|Can) .*\S) ((?:in|on|at|during|for) (?:the )?\p{L}+)\?$/u.exec(
          text,
        );
      return found === null ? undefined : `${upper(found[2])}, ${lower(found[1])}?`;
    },
  ],
  [
    'filler',
    true,
    (text, _facts, { pick }) => {
      const found = text.replace(
        /^(What|How|Why) (is|are|do|does|did|can) /i,
        (all) => `${all}${pick(['actually', 'really', 'exactly'])} `,
      );
      return found === text ? undefined : found;
    },
  ],
];
