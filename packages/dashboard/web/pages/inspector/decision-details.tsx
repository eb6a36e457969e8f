import type { Decision } from '@nearhit/http/admin-types';
import { duration, percent, usd } from '../../lib/format.ts';
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

function factsOf(decision: Decision): (readonly [string, string])[] {
  const { requestId, entryId, candidate, score, scorer, provider, upstreamModel, attempts, reason, notStored } =
    decision;
  const all: (readonly [string, string | undefined])[] = [
    [t('fact.requestId'), requestId],
    [t('fact.entry'), entryId ?? candidate?.entryId],
    [t('fact.reason'), reason],
    [t('fact.score'), score === undefined ? undefined : `${percent(score)} (${scorer ?? ''})`],
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
