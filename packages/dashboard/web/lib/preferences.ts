const PREFIX = 'nearhit.';

/** What the browser keeps for this operator: theme and language, never a token. Undefined where it keeps nothing. */
export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + name) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Private windows of some browsers refuse; then it holds until the page is left.
  }
}
