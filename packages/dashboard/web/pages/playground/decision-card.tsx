import { decimal, percent } from '../../lib/format.ts';
import { lookUp, t } from '../../lib/i18n.ts';
import { verdictText, whyOf } from '../../lib/why.ts';
import { Card, Empty, Notice, Tag } from '../../ui/basics.tsx';
import { Compare } from '../../ui/compare.tsx';
import { Outcome } from '../../ui/outcome.tsx';
import type { Explained, ExplainedCandidate } from './explained.ts';
import type { Asked } from './use-asking.ts';

/** What the cache made of the question before it was asked, and of each stored question near it. */
export function DecisionCard({ asked: { explained, question } }: { readonly asked: Asked }) {
  return (
    <Card title={t('playground.decision')}>
      {explained === undefined ? (
        <Empty title={t(question === undefined ? 'playground.noDecision' : 'playground.deciding')}>
          {question === undefined && <span>{t('playground.noDecisionHint')}</span>}
        </Empty>
      ) : (
        <Told explained={explained} />
      )}
    </Card>
  );
}

function Told({ explained }: { readonly explained: Explained }) {
  const { decision, threshold, guard, verifier, candidates, exactOnly, warnings = [] } = explained;
  const { kind, layer, reason, similarity } = decision;
  const why = whyOf({
    outcome: kind,
    layer,
    reason,
    similarity,
    threshold: threshold.value,
    exactOnly: exactOnly ?? undefined,
    bar: verifier?.probabilityMin,
  });
  return (
    <div class="stack">
      <div class="row">
        <Outcome outcome={kind} layer={layer} />
        <span>{why}</span>
      </div>
      {warnings.map((warning) => (
        <Notice key={warning} tone="warn">
          {warning}
        </Notice>
      ))}
      <p class="small muted">
        {t('playground.inForce', {
          threshold: decimal(threshold.value, 2),
          probability: verifier?.probabilityMin == null ? '–' : percent(verifier.probabilityMin, 0),
          guard: lookUp(`guardLevel.${guard.value}`) ?? guard.value,
        })}
      </p>
      {candidates.length > 0 && <h3>{t('playground.candidates')}</h3>}
      <ol>
        {candidates.map((candidate) => (
          <Candidate key={candidate.entryId} asked={explained.query} candidate={candidate} />
        ))}
      </ol>
    </div>
  );
}

function Candidate({ asked, candidate }: { readonly asked: string; readonly candidate: ExplainedCandidate }) {
  const { similarity, probability, verdict, query, guards } = candidate;
  const vetoes = guards.filter(({ differs }) => differs !== undefined);
  return (
    <li class="decision">
      <div class="decision-head">
        <Tag tone={verdict === 'serve' ? 'good' : undefined}>{verdictText(verdict)}</Tag>
        <span>{t('inspector.similarity', { value: decimal(similarity, 4) })}</span>
        {probability !== null && <span>{t('playground.probability', { value: percent(probability) })}</span>}
      </div>
      {query === asked ? <p class="question">{query}</p> : <Compare asked={asked} stored={query} />}
      {vetoes.map(({ guard, differs }) => (
        <p key={guard} class="why">
          {lookUp(`guard.${guard}`) ?? guard}: {differs}
        </p>
      ))}
    </li>
  );
}
