import type { SeriesAnswer } from '@nearhit/http/admin-types';
import { useMemo } from 'preact/hooks';
import { get } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { route } from '../../lib/router.ts';
import { useResource } from '../../lib/use-resource.ts';
import { Failure, PageHead } from '../../ui/basics.tsx';
import { ScopeFilter, type Window, WindowFilter, windowOf } from '../../ui/filters.tsx';
import { Tiles } from '../../ui/tiles.tsx';
import { ConnectionState } from './connection-state.tsx';
import { Feed } from './feed.tsx';
import { FirstSteps } from './first-steps.tsx';
import { Health } from './health.tsx';
import { LiveCharts } from './live-charts.tsx';
import { liveTiles } from './live-tiles.ts';
import { spansOf } from './spans.ts';
import { live, useLive } from './use-live.ts';

/** How often the buckets are read again; the figures above them come by themselves. */
const SERIES_MS: Readonly<Record<Window, number>> = { '5m': 15_000, '1h': 5_000, '24h': 30_000, '7d': 60_000 };

export function LivePage() {
  const { namespace, model, ...query } = route.value.query;
  const window = windowOf(query);
  useLive({ window, namespace, model });
  const series = useResource(
    (signal) => get<SeriesAnswer>('/series', { window, namespace, model }, signal),
    [window, namespace, model],
    SERIES_MS[window],
  );
  const { stats, status, decisions, ticks } = live.value;
  const shown = useMemo(() => series.data && spansOf(series.data, ticks), [series.data, window === '5m' && ticks]);
  const isNew = stats !== undefined && stats.requests === 0 && decisions.length === 0 && window !== '5m';
  return (
    <>
      <PageHead title={t('live.title')}>
        <ConnectionState />
        <ScopeFilter />
        <WindowFilter />
      </PageHead>
      <div class="stack">
        <Failure error={series.error} />
        {isNew && <FirstSteps />}
        <Tiles tiles={liveTiles(stats)} />
        {shown !== undefined && <LiveCharts spans={shown} />}
        <div class="grid-2">
          <Feed decisions={decisions} />
          <Health status={status} />
        </div>
      </div>
    </>
  );
}
