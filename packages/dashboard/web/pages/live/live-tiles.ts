import type { StatsEvent } from '@nearhit/http/admin-types';
import { count, decimal, duration, percent, usd } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import type { Tile } from '../../ui/tiles.tsx';

/** The window's figures; dashes until they are there. */
export function liveTiles(stats: StatsEvent | undefined): Tile[] {
  const {
    hitsByLayer = { l1: 0, l2: 0, semantic: 0 },
    recent,
    usd: money,
    tokens,
    latencyMs,
    hits = 0,
    stale = 0,
    misses = 0,
  } = stats ?? {};
  const looked = hits + stale + misses;
  const perSecond = recent == null ? 0 : recent.requests / recent.seconds;
  const spentTokens = tokens && tokens.spent.input + tokens.spent.output;
  const savedTokens = tokens && tokens.saved.input + tokens.saved.output;
  const errorShare = stats === undefined || stats.requests === 0 ? null : stats.errors / stats.requests;
  return [
    {
      name: t('tile.requests'),
      figure: count(stats?.requests),
      beside: t('tile.perSecond', { n: decimal(perSecond, perSecond < 10 ? 1 : 0) }),
    },
    {
      name: t('tile.hitRate'),
      figure: percent(looked === 0 ? null : stats?.hitRate),
      beside: t('tile.byMeaning', { n: count(hitsByLayer.semantic) }),
    },
    {
      name: t('tile.hitLatency'),
      figure: duration(latencyMs?.hit?.p95),
      beside: t('tile.missLatency', { ms: duration(latencyMs?.miss?.p95) }),
    },
    { name: t('tile.saved'), figure: usd(money?.saved), beside: t('tile.spentOf', { usd: usd(money?.spent) }) },
    { name: t('tile.tokens'), figure: count(spentTokens), beside: t('tile.savedOf', { n: count(savedTokens) }) },
    { name: t('tile.errors'), figure: count(stats?.errors), beside: percent(errorShare, 2) },
  ];
}
