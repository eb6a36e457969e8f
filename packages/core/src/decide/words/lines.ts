/** The lines of a word list, trimmed, empty ones left out. */
export function lines(list: string): string[] {
  return list
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** All words of a list. */
export function words(list: string): string[] {
  return list.split(/\s+/u).filter((word) => word !== '');
}
