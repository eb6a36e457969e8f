/** What most answers have in common, so that LZ4 has something to point at from the first byte. Part of the format. */
export const ANSWER_DICTIONARY = Buffer.from(
  [
    ' can be used to ensure that you have the following: For example, in order to provide more information about the',
    ' However, it is important to note that there are several ways to do this, depending on your needs and the type of',
    " Here's a step-by-step guide:\\n\\n1. **First**: \\n2. **Second**: \\n3. **Third**: \\n\\n### Conclusion\\n\\nIn summary, ",
    "\\n\\n- **Note:** This is because\\n- Let me know if you'd like help with anything else! I'm sorry, but I can't",
    '\\n\\n```python\\ndef main():\\n    return\\n```\\n\\n```javascript\\nconst = async () => { await }\\n```\\n\\n',
    ' which is one of the most common, such as the first, the second, their own, between, through, without, where, when',
    '"tool_calls":[{"id":"call_","type":"function","function":{"name":"","arguments":"{\\"}"}}],',
    '{"id":"chatcmpl-","object":"chat.completion","created":17,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,',
    '"message":{"role":"assistant","content":"","refusal":null,"annotations":[]},"logprobs":null,',
    '"finish_reason":"stop"}],"usage":{"prompt_tokens":,"completion_tokens":,"total_tokens":,',
    '"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,',
    '"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},',
    '"service_tier":"default","system_fingerprint":"fp_"}',
  ].join(''),
);
