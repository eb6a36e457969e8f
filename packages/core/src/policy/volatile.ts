import { squeezed } from '../decide/text/normalise.ts';
import { lines } from '../decide/words/lines.ts';

/** UTF-16 units that are looked at: who asks about now says so near the beginning or the end. */
const LOOKED_AT = 2000;

/** Alternatives, one a line, on word boundaries in any script. */
const phrase = (alternatives: string) =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${lines(alternatives).join('|')})(?![\\p{L}\\p{N}])`, 'u');

/** What changes by the hour, the day or the year, when it is the current one that is asked for. */
const CHANGING =
  '(?:prices?|pricing|costs?|(?:exchange |interest |inflation |unemployment )?rates?|stocks?|scores?|standings?|rankings?|weather|temperature|forecast|traffic|news|headlines|status|versions?|releases?|updates?|value|worth|net worth|population|president|prime minister|ceo|governor|mayor|champions?|holder|leader|leaderboard|odds|time|date|situation|trends?|market cap|inflation|gdp|schedule|season|episode|record|balance|wage|laws?|deals|offers|events|movies|songs|technolog(?:y|ies)|developments?|job openings|vacancies)';

/** Before `năm tới`: `20 năm tới` are the twenty years to come, and no year. */
const COUNT = '(?:\\p{N}|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|mươi|trăm|nghìn|chục|vài|mấy|nhiều|những|các|thập)';

interface Rule {
  readonly reason: string;
  readonly pattern: RegExp;
}

const RULES: readonly Rule[] = [
  {
    reason: 'clock',
    pattern: phrase(`
      what time is it
      what(?:'s| is) the (?:time|date)(?: in [\\p{L} ]{1,30})?(?=[?.! ]*$)
      what day is it
      mấy giờ rồi
    `),
  },
  {
    reason: 'now',
    pattern: phrase(`
      right now
      at (?:the|this) moment
      as of (?:now|today)
      nowadays
      these days
      currently
      at present
      hiện nay
      hiện tại
      hiện giờ
      hiện thời
      bây giờ
      lúc này
      dạo này
    `),
  },
  {
    reason: 'today',
    pattern: phrase(`
      today(?:'s)?
      tonight(?:'s)?
      tomorrow(?:'s)?
      yesterday(?:'s)?
      (?:this|next|last) (?:week|weekend|month|year|season|monday|tuesday|wednesday|thursday|friday|saturday|sunday|summer|winter|spring|fall|autumn)(?:'s)?
      this (?:morning|afternoon|evening)(?:'s)?
      last night(?:'s)?
      when (?:is|are|does|do|will) (?:the )?next
      how (?:many days|long) (?:until|till)
      hôm (?:nay|qua|kia)
      ngày mai
      (?:sáng|trưa|chiều|tối|đêm) (?:nay|qua|mai)
      (?<!${COUNT} )(?:tuần|tháng|mùa) (?:này|trước|tới|sau)
      năm (?:nay|ngoái)
      (?<!${COUNT} )năm (?:tới|sau)
    `),
  },
  {
    reason: 'latest',
    pattern: phrase(`
      (?:current|upcoming|up[- ]to[- ]date) (?:[\\p{L}\\p{N}.+#-]+ ){0,2}?${CHANGING}
      (?:latest|newest|most recent) [\\p{L}\\p{N}.+#-]+
      what(?:'s| is) new (?:in|with|on)
      trending
      mới nhất
      gần đây nhất
    `),
  },
  {
    reason: 'weather',
    pattern: phrase(`
      weather (?:forecast|report|like|in|for|at)
      (?:is|will) it (?:be )?(?:rain|raining|snow|snowing|sunny|hot|cold) (?:in|at|outside|on)
      temperature outside
      air quality (?:in|index)
      dự báo thời tiết
      thời tiết (?:ở|tại|thế)
      nhiệt độ ngoài trời
    `),
  },
  {
    reason: 'price',
    pattern: phrase(`
      (?:stock|share|bitcoin|btc|eth|ethereum|crypto|gold|silver|oil|petrol|gas|diesel|fuel) prices?
      (?:price|value) of (?:a |one )?(?:bitcoin|btc|ethereum|eth|gold|silver|oil|petrol|gas|diesel|crude)
      exchange rate
      (?:usd|eur|gbp|inr|vnd|jpy|dollars?|euros?|pounds?) (?:to|in|into) (?:usd|eur|gbp|inr|vnd|jpy|dollars?|euros?|rupees?|pounds?|dong)
      market cap of
      how much (?:is|are) (?:a |one )?(?:bitcoin|ethereum|gold)
      (?<!trợ )giá (?:vàng|bitcoin|xăng|dầu|đô|usd|cổ phiếu|bạc)
      t[ỷỉ] giá
    `),
  },
  {
    reason: 'news',
    pattern: phrase(`
      (?:breaking|top|recent|local) news
      news (?:today|this|in the world)
      tin (?:tức|nóng|mới)
    `),
  },
  {
    reason: 'score',
    pattern: phrase(`
      (?:live|cricket|football|soccer|nba|nfl|ipl|game) scores?
      score of (?:the )?(?:[\\p{L}\\p{N}]+ ){0,4}(?:match|game)
      who(?:'s| is) (?:winning|leading)
      t[ỷỉ] số (?:trận|hiện)
      kết quả (?:trận|xổ số|bóng đá)
    `),
  },
];

/** Words of time that ask about no present: a title, an era, a rule, a person's own affairs. */
const TIMELESS = phrase(`
  (?:in )?today(?:'s)? (?:world|society|generation|youth|era|age)
  (?:sings?|sang|sung|song|lyrics) .*
  (?:determined|calculated|computed|derived|decides?|decided|affects?|influences?|works?|mean|means|meaning|formed)
  (?:i|i'm|i am|we|we're|we are|you are|you're|me|my) (?:(?:am|are|was|were|not) )*(?:currently|right now|nowadays)
  weather .*(?:january|february|march|april|may|june|july|august|september|october|november|december)
  (?:latest|current|newest) (?:density|flows?|flowing|through)
`);

/**
 * Words of time that name an era or a person's own life: taken out of a question, whose other words may still ask about now.
 * `today's parents`, but not `today's kids menu`; `do you currently drive`, but not `the country you currently live in`.
 */
const OF_AN_ERA = new RegExp(
  `(?:${[
    "today's (?:parents|parent(?:ing|al) [\\p{L}]+|parenting|children|kids|teens|teenagers|adolescents|youngsters|young people)(?= *(?:[?.!,]|$| and | to | in general| as | like | compared| with | than ))",
    '(?<=do )you currently (?=(?:drive|live|work|own|wear|study)(?![\\p{L}]))',
  ].join('|')})`,
  'gu',
);

/** The sentences that ask; a text without any question mark is one question as long as it is short. */
function askingParts(text: string): string[] {
  const sentences = text.split(/(?<=[.?!\n])\s+|\n+/u).map((sentence) => sentence.trim());
  const asking = sentences.filter((sentence) => sentence.endsWith('?'));
  if (asking.length > 0) return asking;
  return text.length <= 200 ? [text] : [sentences[0] ?? '', sentences.at(-1) ?? ''];
}

/** The rule that says so, and the words that it goes by, in lower case. */
export interface VolatileMatch {
  readonly rule: string;
  readonly matched: string;
}

/**
 * Why the answer to a question changes with time (`today`, `weather`, `price`...), or undefined when it does not.
 * English and Vietnamese. Looks at the first and last 1,000 characters.
 */
export function volatileReason(query: string): string | undefined {
  return volatileMatch(query)?.rule;
}

/** `volatileReason`, with the words. */
export function volatileMatch(query: string): VolatileMatch | undefined {
  const looked = query.length > LOOKED_AT ? `${query.slice(0, LOOKED_AT / 2)}\n${query.slice(-LOOKED_AT / 2)}` : query;
  for (const part of askingParts(looked.normalize('NFC').toLowerCase().replaceAll('\u2019', "'"))) {
    const text = squeezed(part);
    if (TIMELESS.test(text)) continue;
    const rest = text.replace(OF_AN_ERA, '');
    for (const { reason, pattern } of RULES) {
      const found = pattern.exec(rest);
      if (found !== null) return { rule: reason, matched: found[0] };
    }
  }
  return undefined;
}
