import { duration } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { Card, Failure, Tag } from '../../ui/basics.tsx';
import { Outcome } from '../../ui/outcome.tsx';
import type { Asked } from './use-asking.ts';

export function AnswerCard({ asked }: { readonly asked: Asked }) {
  const { answer, error, question, headers } = asked;
  return (
    <Card title={t('playground.answer')} aside={<Head asked={asked} />}>
      <div class="stack">
        <Failure error={error} />
        <div class="answer" aria-live="polite" aria-busy={asked.busy}>
          {question === undefined ? <span class="muted">{t('playground.nothingAsked')}</span> : answer}
        </div>
        {headers.length > 0 && (
          <details>
            <summary class="small">{t('playground.headers', { n: headers.length })}</summary>
            <dl class="facts mono">
              {headers.map(([name, value]) => (
                <Header key={name} name={name} value={value} />
              ))}
            </dl>
          </details>
        )}
      </div>
    </Card>
  );
}

function Header({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Head({ asked: { headers, status, firstMs, tookMs } }: { readonly asked: Asked }) {
  if (status === undefined) return null;
  const header = (name: string): string | undefined => headers.find(([one]) => one === `x-nearhit-${name}`)?.[1];
  const cache = header('cache');
  const times = [
    firstMs === undefined ? undefined : t('playground.firstAfter', { ms: duration(firstMs) }),
    tookMs === undefined ? undefined : t('playground.wholeAfter', { ms: duration(tookMs) }),
  ];
  return (
    <span class="row small muted">
      {status >= 400 ? (
        <Tag tone="bad">{status}</Tag>
      ) : (
        cache !== undefined && <Outcome outcome={cache as 'hit'} layer={header('layer')} />
      )}
      <span>{times.filter((one) => one !== undefined).join(', ')}</span>
    </span>
  );
}
