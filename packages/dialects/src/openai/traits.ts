/** What a server that speaks chat completions takes beside what all of them take, and how it wants to be told. */
export interface ChatTraits {
  /** Under which name the limit of an answer goes. */
  readonly limit: 'max_completion_tokens' | 'max_tokens';
  /**
   * How a wish to think is said: OpenAI's `reasoning_effort`; `{type: "enabled"}` as DeepSeek has it; OpenRouter's
   * `reasoning`. Undefined: not at all.
   */
  readonly thinking?: 'effort' | 'switch' | 'reasoning' | undefined;
  /** Wants to see again what its model thought (`reasoning_content`); others refuse or ignore it. */
  readonly thoughts: boolean;
  /** `cache_control` on content parts. */
  readonly cacheMarks: boolean;
  /** Gemini's signatures in `extra_content`. */
  readonly signatures: boolean;
  readonly topK: boolean;
  /** Top-level fields of OpenAI's that it refuses. */
  readonly refuses: readonly string[];
}

type HostTraits = Partial<Omit<ChatTraits, 'thinking'>> & {
  /** For all of its models, instead of by their names. */
  readonly thinking?: ChatTraits['thinking'];
};

/** Of OpenAI's fields, what Mistral answers with 422 (`extra_forbidden`). */
const NOT_MISTRALS = [
  ...['user', 'safety_identifier', 'service_tier', 'store', 'verbosity', 'prompt_cache_key', 'prompt_cache_retention'],
  ...['logprobs', 'top_logprobs', 'logit_bias', 'modalities', 'audio', 'web_search_options'],
];

/**
 * By the end of the host's name, or its port. What is not here is spoken to as OpenAI is. From the vendors' references:
 * the limit's old name is all that Mistral and Ollama know (one refuses the new one, the other ignores it); Groq refuses
 * thoughts in the history, DeepSeek and Moonshot want them there.
 */
const HOSTS: Readonly<Record<string, HostTraits>> = {
  'api.openai.com': { thoughts: false },
  'openai.azure.com': { thoughts: false },
  'services.ai.azure.com': { thoughts: false },
  'api.mistral.ai': { limit: 'max_tokens', thoughts: false, refuses: NOT_MISTRALS },
  'api.groq.com': { thoughts: false },
  'api.cerebras.ai': { thoughts: false },
  'api.deepseek.com': { limit: 'max_tokens', thinking: 'switch', thoughts: true },
  'api.z.ai': { limit: 'max_tokens', thinking: 'switch', thoughts: true },
  'open.bigmodel.cn': { limit: 'max_tokens', thinking: 'switch', thoughts: true },
  'api.moonshot.ai': { limit: 'max_tokens', thoughts: true },
  'api.moonshot.cn': { limit: 'max_tokens', thoughts: true },
  'aliyuncs.com': { limit: 'max_tokens', thoughts: true, cacheMarks: true, topK: true },
  'openrouter.ai': { thinking: 'reasoning', thoughts: true, cacheMarks: true, topK: true },
  'generativelanguage.googleapis.com': { signatures: true },
  'api.together.xyz': { limit: 'max_tokens', topK: true },
  'api.fireworks.ai': { limit: 'max_tokens', topK: true },
  'api.deepinfra.com': { limit: 'max_tokens', topK: true },
  'api.perplexity.ai': { limit: 'max_tokens', topK: true },
  'integrate.api.nvidia.com': { limit: 'max_tokens' },
  'api.sambanova.ai': { topK: true },
  ':11434': { limit: 'max_tokens' },
  ':1234': { limit: 'max_tokens', topK: true },
};

/** OpenAI's models that think, whoever serves them, and Gemini's behind Google's compatible API. */
const TAKES_EFFORT = /(?:^|[^a-z0-9])(?:o[1-9](?![a-z0-9])|gpt-?[5-9]|gpt-oss|codex|gemini-(?:2\.5|[3-9]))/i;
/** Models whose thoughts belong into the history, wherever they run. */
const WANTS_THOUGHTS = /deepseek|kimi|glm-|qwen|minimax|mimo/i;

/** Of a provider of kind `openai` or `azure-openai`, and the name that it has for the model. */
export function chatTraits(baseUrl: string, model: string): ChatTraits {
  const host = hostTraits(baseUrl);
  return {
    limit: 'max_completion_tokens',
    cacheMarks: false,
    signatures: false,
    topK: false,
    refuses: [],
    ...host,
    thinking: host.thinking ?? (TAKES_EFFORT.test(model) ? 'effort' : undefined),
    thoughts: host.thoughts ?? WANTS_THOUGHTS.test(model),
  };
}

function hostTraits(baseUrl: string): HostTraits {
  if (!URL.canParse(baseUrl)) return {};
  const { hostname, port } = new URL(baseUrl);
  const known = Object.keys(HOSTS).find(
    (name) => name === `:${port}` || hostname === name || hostname.endsWith(`.${name}`),
  );
  return known === undefined ? {} : (HOSTS[known] as HostTraits);
}
