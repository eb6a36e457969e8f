/** What a Claude model takes and what it refuses, from its name. Anthropic's API says no to what a model has not. */
export interface ClaudeTraits {
  /** Thinking is steered by an effort and not by a budget of tokens. */
  readonly adaptiveThinking: boolean;
  /** Its thoughts come empty unless `display` asks for them. */
  readonly hidesThoughts: boolean;
  readonly canStopThinking: boolean;
  /** temperature, top_p and top_k. */
  readonly takesSampling: boolean;
  readonly strictTools: boolean;
  readonly effortMax: boolean;
}

/** A name that is none of Claude's: another server that speaks Anthropic's API. */
const UNKNOWN: ClaudeTraits = {
  adaptiveThinking: false,
  hidesThoughts: false,
  canStopThinking: true,
  takesSampling: true,
  strictTools: false,
  effortMax: false,
};

/** `claude-opus-4-1-20250805`, `claude-sonnet-4.5`: family, then version. A date is no minor version. */
const NAME = /claude-[a-z]+-(\d+)(?:[-.](\d{1,2}))?(?!\d)/i;

export function claudeTraits(model: string): ClaudeTraits {
  const found = NAME.exec(model);
  if (found === null) return UNKNOWN;
  const version = Number(found[1]) * 100 + Number(found[2] ?? 0);
  return {
    adaptiveThinking: version >= 406,
    hidesThoughts: version >= 407,
    canStopThinking: version < 505,
    takesSampling: version < 407,
    strictTools: version >= 405 || /opus-4[-.]1/i.test(model),
    effortMax: version >= 406,
  };
}
