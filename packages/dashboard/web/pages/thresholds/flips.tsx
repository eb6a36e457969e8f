import type { WhatIfAnswer } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { decimal, percent, time, usd } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { verdictText } from '../../lib/why.ts';
import { Button, Tag } from '../../ui/basics.tsx';
import { Compare } from '../../ui/compare.tsx';

type Flip = WhatIfAnswer['flips']['shown'][number];
const SHOWN = 5;

/** Requests that would have come out otherwise: the pairs to look at before the change is applied. */
export function Flips({ flips }: { readonly flips: readonly Flip[] }) {
  const [all, setAll] = useState(false);
  if (flips.length === 0) return null;
  return (
    <div>
      <h3>{t('whatIf.which')}</h3>
      <ol class="flips">
        {(all ? flips : flips.slice(0, SHOWN)).map((flip) => (
          <FlipItem key={flip.id} flip={flip} />
        ))}
      </ol>
      {!all && flips.length > SHOWN && (
        <Button onClick={() => setAll(true)}>{t('whatIf.more', { n: flips.length - SHOWN })}</Button>
      )}
    </div>
  );
}

function FlipItem({ flip }: { readonly flip: Flip }) {
  const { query, candidate, similarity, score, before, after, atMs, usd: money } = flip;
  const served = after === 'serve';
  return (
    <li class="decision">
      <div class="decision-head">
        <Tag tone={served ? 'good' : 'warn'}>{t(served ? 'whatIf.wouldServe' : 'whatIf.wouldRefuse')}</Tag>
        <time dateTime={new Date(atMs).toISOString()}>{time(atMs)}</time>
        <span>{t('inspector.similarity', { value: decimal(similarity, 4) })}</span>
        {score !== null && <span>{t('playground.probability', { value: percent(score) })}</span>}
        <span>{usd(money)}</span>
        <span>{verdictText(served ? before : after)}</span>
      </div>
      <Compare asked={query} stored={candidate.query} />
    </li>
  );
}
