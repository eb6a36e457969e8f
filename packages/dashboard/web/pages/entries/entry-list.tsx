import type { EntriesAnswer, EntryFound } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { get } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { route } from '../../lib/router.ts';
import { useResource, useSettled } from '../../lib/use-resource.ts';
import { Button, Card, Empty, Failure } from '../../ui/basics.tsx';
import { EntryItem } from './entry-item.tsx';

const PAGE = 25;
const TYPING_MS = 250;

export function EntryList() {
  const { namespace, model, text, match = 'meaning', tag, context } = useSettled(route.value.query, TYPING_MS);
  const [limit, setLimit] = useState(PAGE);
  const query = { namespace, model, text, tag, context, limit, ...(text !== undefined && { match }) };
  const { data, error, reload } = useResource(
    (signal) => get<EntriesAnswer>('/entries', query, signal),
    [JSON.stringify(query)],
  );
  const filtered = [namespace, model, text, tag, context].some((one) => one !== undefined);
  return (
    <>
      <Failure error={error} retry={<Button onClick={reload}>{t('action.retry')}</Button>} />
      {data !== undefined && (
        <Card>
          {data.entries.length === 0 ? (
            <NoEntries filtered={filtered} />
          ) : (
            <Entries entries={data.entries} onGone={reload} />
          )}
          {data.cursor !== undefined && limit < 1000 && (
            <Button onClick={() => setLimit(Math.min(1000, limit * 2))}>{t('entries.more')}</Button>
          )}
        </Card>
      )}
    </>
  );
}

function Entries({ entries, onGone }: { readonly entries: readonly EntryFound[]; readonly onGone: () => void }) {
  return (
    <ul>
      {entries.map((entry) => (
        <EntryItem key={entry.id} entry={entry} onGone={onGone} />
      ))}
    </ul>
  );
}

function NoEntries({ filtered }: { readonly filtered: boolean }) {
  return filtered ? (
    <Empty title={t('entries.noneFound')}>{t('entries.noneFoundHint')}</Empty>
  ) : (
    <Empty title={t('entries.empty')}>
      <span>{t('entries.emptyHint')}</span>
      <a class="button" href="#/playground">
        {t('inspector.openPlayground')}
      </a>
    </Empty>
  );
}
