import type { KeyAnswer, KeysAnswer, MadeKeyAnswer } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { get } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { useResource } from '../../lib/use-resource.ts';
import { Button, Card, Empty, Failure, PageHead } from '../../ui/basics.tsx';
import { KeyForm } from './key-form.tsx';
import { KeyTable } from './key-table.tsx';
import { ShownOnce } from './shown-once.tsx';
import { Tenants } from './tenants.tsx';

export function KeysPage() {
  const { data, error, reload } = useResource(
    (signal) => get<KeysAnswer>('/keys', { limit: 1000 }, signal),
    [],
    10_000,
  );
  const [edited, setEdited] = useState<KeyAnswer | 'new' | undefined>();
  const [made, setMade] = useState<MadeKeyAnswer | undefined>();
  const done = (fresh?: MadeKeyAnswer): void => {
    setEdited(undefined);
    if (fresh !== undefined) setMade(fresh);
    reload();
  };
  return (
    <>
      <PageHead title={t('keys.title')}>
        <Button kind="primary" onClick={() => setEdited('new')}>
          {t('keys.new')}
        </Button>
      </PageHead>
      <p class="page-lead">{t('keys.lead')}</p>
      <div class="stack">
        <Failure error={error} />
        {data !== undefined && (
          <Card title={t('keys.keys')}>
            {data.keys.length === 0 ? <NoKeys /> : <KeyTable keys={data.keys} onEdit={setEdited} onChanged={done} />}
          </Card>
        )}
        <Tenants />
      </div>
      {edited !== undefined && <KeyForm edited={edited} onDone={done} onClose={() => setEdited(undefined)} />}
      {made !== undefined && <ShownOnce made={made} onClose={() => setMade(undefined)} />}
    </>
  );
}

function NoKeys() {
  return (
    <Empty title={t('keys.empty')}>
      <span>{t('keys.emptyHint')}</span>
    </Empty>
  );
}
