import type { InvalidateBody } from '@nearhit/http/admin-types';

export const CRITERIA = ['tag', 'context', 'namespace', 'model', 'text', 'age'] as const;
export type Criterion = (typeof CRITERIA)[number];

const SECONDS_PER_HOUR = 3600;

/** What to drop; undefined while nothing sensible is said. `value` of `age`: hours. */
export function criteriaBody(by: Criterion, value: string, version = ''): Omit<InvalidateBody, 'dryRun'> | undefined {
  const said = value.trim();
  if (said === '') return undefined;
  switch (by) {
    case 'tag':
      return {
        tags: said
          .split(',')
          .map((tag) => tag.trim())
          .filter((tag) => tag !== ''),
      };
    case 'context':
      return { context: { id: said, ...(version.trim() !== '' && { versionBelow: versionOf(version.trim()) }) } };
    case 'age': {
      const hours = Number(said);
      return Number.isFinite(hours) && hours >= 0 ? { olderThanSeconds: hours * SECONDS_PER_HOUR } : undefined;
    }
    default:
      return { [by]: said };
  }
}

const versionOf = (text: string): string | number => (/^\d{1,15}$/.test(text) ? Number(text) : text);
