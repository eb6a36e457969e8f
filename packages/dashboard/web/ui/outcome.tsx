import { lookUp } from '../lib/i18n.ts';
import { Tag } from './basics.tsx';

const TONES = { hit: 'good', stale: 'warn', miss: undefined, bypass: undefined, error: 'bad' } as const;

/** What became of a request, in a word or two. */
export function Outcome({
  outcome,
  layer,
}: {
  readonly outcome: keyof typeof TONES;
  readonly layer?: string | undefined;
}) {
  const name = lookUp(`outcome.${outcome}`) ?? outcome;
  const where = layer === undefined ? undefined : (lookUp(`layer.${layer}`) ?? layer);
  return <Tag tone={TONES[outcome]}>{where === undefined ? name : `${name} · ${where}`}</Tag>;
}
