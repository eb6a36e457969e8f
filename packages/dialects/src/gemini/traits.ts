/** How a Gemini model thinks and what its history must carry, from its name. */
export interface GeminiTraits {
  /** `level`: in words, since Gemini 3; `budget`: in tokens. */
  readonly thinking: 'level' | 'budget' | 'none';
  /** Thinking can be made less, but not stopped. */
  readonly alwaysThinks: boolean;
  /** A function call without its signature is refused. */
  readonly needsSignatures: boolean;
}

const NAME = /gemini-(\d+)(?:\.(\d+))?/i;

export function geminiTraits(model: string): GeminiTraits {
  const found = NAME.exec(model);
  const version = found === null ? 0 : Number(found[1]) * 100 + Number(found[2] ?? 0);
  const thinking = version >= 300 ? 'level' : version >= 205 ? 'budget' : 'none';
  return { thinking, alwaysThinks: !/flash/i.test(model), needsSignatures: version >= 300 };
}
