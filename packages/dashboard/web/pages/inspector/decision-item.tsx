import type { Decision } from '@nearhit/http/admin-types';
import { dateTime, decimal, time } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { whyOf } from '../../lib/why.ts';
import { Compare } from '../../ui/compare.tsx';
import { Outcome } from '../../ui/outcome.tsx';
import { DecisionDetails } from './decision-details.tsx';
import { Verdicts } from './verdicts.tsx';

/** One request as it was decided: what was asked, what was near, why, and what people say of it. */
export function DecisionItem({ decision }: { readonly decision: Decision }) {
  const { atMs, outcome, layer, namespace, model, similarity, query, candidate } = decision;
  const differs = candidate !== undefined && candidate.query !== query;
  return (
    <li class="decision">
      <div class="decision-head">
        <Outcome outcome={outcome} layer={layer} />
        <time dateTime={new Date(atMs).toISOString()} title={dateTime(atMs)}>
          {time(atMs)}
        </time>
        <span>
          {namespace} · {model}
        </span>
        {similarity !== undefined && <span>{t('inspector.similarity', { value: decimal(similarity, 4) })}</span>}
      </div>
      {differs ? <Compare asked={query} stored={candidate.query} /> : <p class="question">{query}</p>}
      <p class="why">{whyOf({ ...decision, bar: decision.basis?.verified?.probabilityMin })}</p>
      <Verdicts decision={decision} />
      <DecisionDetails decision={decision} />
    </li>
  );
}
