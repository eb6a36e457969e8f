import type { Decision } from '@nearhit/http/admin-types';
import { decimal, duration, percent, usd } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { hashOf } from '../../lib/router.ts';

/** What an operator looks up of a single request. */
export function DecisionDetails({ decision }: { readonly decision: Decision }) {
  return (
    <details class="small">
      <summary>{t('inspector.details')}</summary>
      <dl class="facts">
        {factsOf(decision).map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
      </dl>
      <a href={hashOf('playground', { q: decision.query, namespace: decision.namespace, model: decision.model })}>
        {t('inspector.tryAgain')}
      </a>
    </details>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

/** What a candidate had to reach, and who said so. */
function barOf({ basis }: Decision): string | undefined {
  if (basis === undefined) return undefined;
  const { similarityMin, similarityOrigin, verified } = basis;
  const similarity = t('fact.barSimilarity', { value: decimal(similarityMin, 3), origin: similarityOrigin });
  if (verified === undefined) return similarity;
  const { probabilityMin, calibration } = verified;
  const probability = t('fact.barProbability', { value: percent(probabilityMin, 0) });
  const budget = calibration && t('fact.barBudget', { value: percent(calibration.maxErrorRate) });
  return [similarity, probability, budget].filter((one) => one !== undefined).join(', ');
}

function factsOf(decision: Decision): (readonly [string, string])[] {
  const { requestId, entryId, candidate, score, scorer, provider, upstreamModel, attempts, reason, notStored } =
    decision;
  const all: (readonly [string, string | undefined])[] = [
    [t('fact.requestId'), requestId],
    [t('fact.entry'), entryId ?? candidate?.entryId],
    [t('fact.reason'), reason],
    [t('fact.score'), score === undefined ? undefined : `${percent(score)} (${scorer ?? ''})`],
    [t('fact.bar'), barOf(decision)],
    [t('fact.provider'), provider === undefined ? undefined : `${provider} · ${upstreamModel ?? ''}`],
    [t('fact.attempts'), attempts === undefined ? undefined : String(attempts)],
    [t('fact.key'), decision.keyId],
    [t('fact.tenant'), decision.tenant],
    [
      t('fact.latency'),
      t('fact.latencyOf', { total: duration(decision.latencyMs), own: duration(decision.overheadMs) }),
    ],
    [t('fact.cost'), t('fact.costOf', { spent: usd(decision.costUsd), saved: usd(decision.savedUsd) })],
    [t('fact.notStored'), notStored],
  ];
  return all.filter((pair): pair is readonly [string, string] => pair[1] !== undefined && pair[1] !== '');
}
