/** Cuts a row of token ids to `tokensMax`, keeping the closing special token. `emptyIds`: of the empty text. */
export function cutter(emptyIds: readonly number[], tokensMax: number) {
  const closing = emptyIds.length > 1 ? emptyIds.slice(-1) : [];
  return (ids: number[]): { ids: number[]; truncated: boolean } => {
    if (ids.length <= tokensMax) return { ids, truncated: false };
    return { ids: [...ids.slice(0, tokensMax - closing.length), ...closing], truncated: true };
  };
}
