import type { Decision } from '@nearhit/http/admin-types';
import { duration, time } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { Card, Empty } from '../../ui/basics.tsx';
import { Outcome } from '../../ui/outcome.tsx';
import { keyOf } from './live-state.ts';

/** The last few requests, as they come. */
export function Feed({ decisions }: { readonly decisions: readonly Decision[] }) {
  return (
    <Card title={t('live.feed')} aside={<a href="#/inspector">{t('live.toInspector')}</a>}>
      <div class="feed">
        {decisions.length === 0 ? (
          <Empty title={t('live.feedEmpty')}>
            <span>{t('live.feedEmptyHint')}</span>
          </Empty>
        ) : (
          <ol>
            {decisions.map((decision) => (
              <li key={keyOf(decision)}>
                <time class="muted">{time(decision.atMs)}</time>
                <span>
                  <Outcome outcome={decision.outcome} layer={decision.layer} />
                </span>
                <span class="question" title={decision.query}>
                  {decision.query}
                </span>
                <span class="number muted">{duration(decision.latencyMs)}</span>
              </li>
            ))}
          </ol>
        )}
      </div>
    </Card>
  );
}
