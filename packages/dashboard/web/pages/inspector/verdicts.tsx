import type { Decision, FeedbackAnswer } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { post, remove } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { useAction } from '../../lib/use-resource.ts';
import { Button, Failure, Tag } from '../../ui/basics.tsx';
import { say } from '../../ui/toast.tsx';
import { isNearMiss } from './filter.ts';

type Said = 'right' | 'wrong' | 'deleted' | undefined;

/** What people say of an answer that was served, or of one that was refused for being only near. */
export function Verdicts({ decision }: { readonly decision: Decision }) {
  const [said, setSaid] = useState<Said>();
  const { run, busy, error } = useAction(async (what: 'right' | 'wrong' | 'deleted') => {
    await (what === 'deleted' ? dropEntry(decision) : judge(decision, what));
    setSaid(what);
  });
  const near = isNearMiss(decision);
  if (decision.outcome === 'error' || (decision.entryId ?? decision.candidate) === undefined) return null;
  return (
    <div class="row verdicts">
      <Button small disabled={busy} pressed={said === 'right'} onClick={() => void run('right')}>
        {t(near ? 'verdict.sameQuestion' : 'verdict.right')}
      </Button>
      <Button small disabled={busy} pressed={said === 'wrong'} onClick={() => void run('wrong')}>
        {t(near ? 'verdict.otherQuestion' : 'verdict.wrong')}
      </Button>
      <Button small kind="danger" disabled={busy || said === 'deleted'} onClick={() => void run('deleted')}>
        {t('verdict.delete')}
      </Button>
      {said !== undefined && <Tag tone={said === 'right' ? 'good' : 'warn'}>{t(`verdict.said.${said}`)}</Tag>}
      <Failure error={error} />
    </div>
  );
}

async function dropEntry({ entryId, candidate, outcome }: Decision): Promise<void> {
  const id = outcome === 'miss' ? (candidate?.entryId ?? entryId) : (entryId ?? candidate?.entryId);
  await remove(`/entries/${id}`);
  say(t('verdict.deleted'));
}

async function judge(decision: Decision, verdict: 'right' | 'wrong'): Promise<void> {
  if (isNearMiss(decision)) return judgePair(decision, verdict);
  const { id, requestId, tenant } = decision;
  const { effect } = await post<FeedbackAnswer>('/feedback', { requestId: id ?? requestId, tenant, verdict });
  say(t(`verdict.effect.${verdict}.${effect}`));
}

/** Both questions, for whoever asks them again; nothing had been served that could be judged. */
async function judgePair(decision: Decision, verdict: 'right' | 'wrong'): Promise<void> {
  const { tenant, namespace, model, query, candidate, fingerprint, requestId } = decision;
  const pair = { tenant, namespace, model, a: query, b: candidate?.query, verdict, fingerprint, requestId };
  await post('/pairs', { pairs: [pair] });
  say(t(`verdict.pair.${verdict}`));
}
