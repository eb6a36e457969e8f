interface Choice {
  readonly message?: { readonly content?: unknown; readonly tool_calls?: unknown };
}

/** What a stored `chat.completion` says; what is no text (tool calls, say) as JSON. */
export function answerText(answer: unknown): string {
  const { choices } = (answer ?? {}) as { choices?: readonly Choice[] };
  if (!Array.isArray(choices)) return JSON.stringify(answer, null, 2) ?? '';
  return (choices as readonly Choice[])
    .map(({ message }) =>
      typeof message?.content === 'string' && message.content !== ''
        ? message.content
        : JSON.stringify(message?.tool_calls ?? message ?? null, null, 2),
    )
    .join('\n\n');
}
