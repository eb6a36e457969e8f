/** Where well-known providers that speak a dialect nearhit knows are to be found. */
export const PRESETS = {
  openai: { kind: 'openai', baseUrl: 'https://api.openai.com/v1' },
  anthropic: { kind: 'anthropic', baseUrl: 'https://api.anthropic.com/v1' },
  gemini: { kind: 'gemini', baseUrl: 'https://generativelanguage.googleapis.com/v1beta' },
  deepseek: { kind: 'openai', baseUrl: 'https://api.deepseek.com/v1' },
  mistral: { kind: 'openai', baseUrl: 'https://api.mistral.ai/v1' },
  groq: { kind: 'openai', baseUrl: 'https://api.groq.com/openai/v1' },
  xai: { kind: 'openai', baseUrl: 'https://api.x.ai/v1' },
  openrouter: { kind: 'openai', baseUrl: 'https://openrouter.ai/api/v1' },
  together: { kind: 'openai', baseUrl: 'https://api.together.xyz/v1' },
  fireworks: { kind: 'openai', baseUrl: 'https://api.fireworks.ai/inference/v1' },
  cerebras: { kind: 'openai', baseUrl: 'https://api.cerebras.ai/v1' },
  sambanova: { kind: 'openai', baseUrl: 'https://api.sambanova.ai/v1' },
  deepinfra: { kind: 'openai', baseUrl: 'https://api.deepinfra.com/v1/openai' },
  nvidia: { kind: 'openai', baseUrl: 'https://integrate.api.nvidia.com/v1' },
  perplexity: { kind: 'openai', baseUrl: 'https://api.perplexity.ai' },
  moonshot: { kind: 'openai', baseUrl: 'https://api.moonshot.ai/v1' },
  qwen: { kind: 'openai', baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1' },
  zai: { kind: 'openai', baseUrl: 'https://api.z.ai/api/paas/v4' },
  ollama: { kind: 'openai', baseUrl: 'http://127.0.0.1:11434/v1' },
  vllm: { kind: 'openai', baseUrl: 'http://127.0.0.1:8000/v1' },
  lmstudio: { kind: 'openai', baseUrl: 'http://127.0.0.1:1234/v1' },
} as const;

export type PresetName = keyof typeof PRESETS;
