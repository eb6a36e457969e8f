/** The ways to open one question: `how do I`, `what is the best way to`. They say which kind of answer is wanted, no more. */
import type { Token } from '../text/tokens.ts';

export interface QuestionFrame {
  /** `how`, `why`, `what`, `yes-no`...; `none` of a statement. */
  readonly kind: string;
  /** Tokens that it takes. */
  readonly length: number;
}

const ONE = '(?: (?:i|you|we|one|someone|somebody|people|they|a person|a man|an individual))?';
const WAY =
  'ways?|methods?|steps?|process|procedure|approach|means|strategy|strategies|tips?|tricks?|techniques?|things?';
const GOOD =
  '(?: (?:very|most|some|really))?(?: (?:best|easiest|good|better|great|easy|simple|simplest|right|proper|correct|effective|efficient|possible|different|main|only|useful|recommended))?';

/** In the order they are tried. */
const KINDS: readonly (readonly [string, RegExp])[] = [
  ['count', /^(?:how many|what number of|what is the number of|bao nhiêu|có bao nhiêu)\b/],
  ['amount', /^(?:how (?:much|long|far|old|often|big|large|tall|fast|high|deep))\b/],
  [
    'how',
    new RegExp(
      `^(?:(?:so )?how(?: (?:to|(?:do|does|can|could|should|would|might|must|will|shall|did)${ONE}(?: (?:best|easily|actually|go about))?|is|are|was|were|has|have|had))?|` +
        `(?:what|which) (?:is|are|would be|will be|could be|was|were)(?: (?:the|a|an|some|any|your|few))?${GOOD} (?:${WAY})(?: (?:to|of|for|that|in which|by which|i|you|we|one|can|could|should))*|` +
        `is there (?:a|any|some|an)${GOOD} ways? (?:to|of|that|i can|for)|are there any${GOOD} ways to|` +
        `what (?:should|can|could|must|do|would|shall)${ONE}(?: do)? (?:to|in order to)|what does it take to|` +
        `(?:tell me|explain|show me|describe|teach me) how(?: to| i can| you can)?|(?:làm sao|làm thế nào|làm cách nào)(?: để)?|cách(?: để)?)(?![a-z])`,
    ),
  ],
  [
    'why',
    new RegExp(
      `^(?:(?:so )?why(?: (?:is|are|was|were|do|does|did|has|have) it that)?|how come|what (?:is|are|was|were|could be|might be)(?: (?:the|a|some))?${GOOD} (?:reasons?|causes?|rationale)(?: (?:for|of|why|behind|that))*|` +
        `what (?:makes|made|causes|caused)|for what reasons?|(?:tell me|explain) why|tại sao|vì sao|sao lại)(?![a-z])`,
    ),
  ],
  ['when', /^(?:when|at what time|what time|in (?:what|which) year|what year|khi nào|bao giờ)(?![a-z])/],
  [
    'where',
    /^(?:where|in (?:what|which) (?:place|country|city)|what (?:is|are) the(?: best)? places?|ở đâu|đâu)(?![a-z])/,
  ],
  ['who', /^(?:who|whom|whose|which person|ai)(?![a-z])/],
  [
    'list',
    /^(?:(?:what|which) (?:are|were)(?: (?:all))?(?: (?:some|the|few|a few|your))?(?: (?:examples? of))?|(?:what|which) (?:is|was) (?:some|a list of)|list(?: of)?|name(?: some)?|give me(?: (?:some|a list of))?|(?:can|could) you (?:list|name|give)(?: me)?(?: some)?)(?![a-z])/,
  ],
  [
    'what',
    /^(?:(?:what|which) (?:is|was|does|do|did|will|would|has|have|can|could|should)|what's|what|which|define|explain|describe|tell me about)(?: (?:the (?:meaning|definition) of|meant by))?(?![a-z])/,
  ],
  [
    'yes-no',
    /^(?:(?:is|are|was|were|do|does|did|can|could|should|would|will|shall|has|have|had|may|might|must|am)(?: it (?:possible|ok|okay|true) (?:to|that|for))?)(?![a-z])/,
  ],
];

/** Ways to ask for an answer that stand before the question itself. */
const ASKING =
  /^(?:(?:can|could|would|will) (?:you|someone|somebody|anyone|anybody)(?: please)? (?:explain|describe|tell me|show me|say)|(?:does|do) (?:anyone|anybody|someone|you|you guys) know|i (?:am|was) (?:curious|wondering)|i wonder)(?: about)? (?=\S)/;

const NONE: QuestionFrame = { kind: 'none', length: 0 };

/** How a question opens. Looks at its first words only. */
export function frameOf(tokens: readonly Token[]): QuestionFrame {
  const start = tokens
    .slice(0, 16)
    .map(({ text }) => text)
    .join(' ');
  const before = ASKING.exec(start)?.[0] ?? '';
  const opening = start.slice(before.length);
  const skipped = before === '' ? 0 : before.trim().split(' ').length;
  for (const [kind, pattern] of KINDS) {
    const match = pattern.exec(opening)?.[0];
    if (match !== undefined) return { kind, length: skipped + match.trim().split(' ').length };
  }
  return NONE;
}

/** Words of meaning that a frame may hold without meaning more than the frame: `the best way to`. */
export const FRAME_WORDS = new Set(
  'know curiou wonder say guy pleas way method step process procedur approach mean strategi strategy tip trick techniqu thing best easiest good better great easi easy simpl simplest right proper correct effectiv efficient possibl differ main useful recommend reason caus make list nam give tell explain describ defin definition meaning meant exampl few go place place ration number long much many far old often take show teach làm thế nào cách để'.split(
    ' ',
  ),
);
