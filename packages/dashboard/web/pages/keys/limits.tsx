import { count, usd } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { Meter } from '../../ui/basics.tsx';

export interface Limited {
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly concurrent: number | null;
  readonly budgetUsdDay: number | null;
  readonly budgetUsdMonth: number | null;
  readonly use: {
    readonly spentUsdDay: number;
    readonly spentUsdMonth: number;
    readonly requestsThisMinute: number;
  } | null;
}

export function Limits({ of: { rpm, tpm, concurrent, use } }: { readonly of: Limited }) {
  const set = [
    rpm === null ? undefined : t('limits.rpm', { n: count(rpm) }),
    tpm === null ? undefined : t('limits.tpm', { n: count(tpm) }),
    concurrent === null ? undefined : t('limits.concurrent', { n: count(concurrent) }),
  ].filter((one) => one !== undefined);
  return (
    <>
      {set.length === 0 ? <span class="muted">{t('limits.none')}</span> : set.join(', ')}
      {use !== null && <div class="small muted">{t('limits.now', { n: count(use.requestsThisMinute) })}</div>}
    </>
  );
}

export function Budget({ of: { budgetUsdDay, budgetUsdMonth, use } }: { readonly of: Limited }) {
  if (use === null) return <span class="muted">{t('limits.unknown')}</span>;
  return (
    <>
      <Line label={t('limits.day')} spent={use.spentUsdDay} budget={budgetUsdDay} />
      <Line label={t('limits.month')} spent={use.spentUsdMonth} budget={budgetUsdMonth} />
    </>
  );
}

interface LineProps {
  readonly label: string;
  readonly spent: number;
  readonly budget: number | null;
}

function Line({ label, spent, budget }: LineProps) {
  if (budget === null)
    return (
      <div class="nowrap">
        {usd(spent)} <span class="muted">{label}</span>
      </div>
    );
  const share = budget === 0 ? 1 : spent / budget;
  return (
    <div class="nowrap">
      {t('limits.spentOf', { spent: usd(spent), budget: usd(budget) })} <span class="muted">{label}</span>
      <Meter share={share} />
    </div>
  );
}
