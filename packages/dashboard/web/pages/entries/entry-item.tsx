import type { EntryAnswer, EntryFound } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { answerText } from '../../lib/answer-text.ts';
import { get, remove } from '../../lib/api.ts';
import { bytes, dateTime, decimal, relative, usd } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { useAction, useResource } from '../../lib/use-resource.ts';
import { Button, Failure, Tag } from '../../ui/basics.tsx';
import { say } from '../../ui/toast.tsx';

interface EntryItemProps {
  readonly entry: EntryFound;
  readonly onGone: () => void;
}

export function EntryItem({ entry, onGone }: EntryItemProps) {
  const [open, setOpen] = useState(false);
  const drop = useAction(async () => {
    await remove(`/entries/${entry.id}`);
    say(t('verdict.deleted'));
    onGone();
  });
  return (
    <li class="decision">
      <EntryHead entry={entry} />
      <p class="question">{entry.query}</p>
      <div class="row verdicts">
        <Button small pressed={open} onClick={() => setOpen(!open)}>
          {t('entries.answer')}
        </Button>
        <Button small kind="danger" disabled={drop.busy} onClick={() => void drop.run()}>
          {t('verdict.delete')}
        </Button>
        <Marks entry={entry} />
      </div>
      <Failure error={drop.error} />
      {open && <Answer id={entry.id} />}
    </li>
  );
}

function EntryHead({ entry }: { readonly entry: EntryFound }) {
  const { namespace, model, createdAtMs, expiresAtMs, expired, costUsd, similarity } = entry;
  return (
    <div class="decision-head">
      {similarity !== undefined && <Tag tone="accent">{decimal(similarity, 3)}</Tag>}
      <span>
        {namespace} · {model}
      </span>
      <time dateTime={new Date(createdAtMs).toISOString()} title={dateTime(createdAtMs)}>
        {relative(createdAtMs)}
      </time>
      <span>{expired ? t('entries.expired') : t('entries.expires', { when: relative(expiresAtMs) })}</span>
      <span>
        {usd(costUsd)} · {bytes(entry.bytes)}
      </span>
    </div>
  );
}

function Marks({ entry: { tags, context, semantic } }: { readonly entry: EntryFound }) {
  return (
    <>
      {!semantic && <Tag>{t('entries.exactOnly')}</Tag>}
      {tags.map((tag) => (
        <Tag key={tag}>{tag}</Tag>
      ))}
      {context.map(({ id, version }) => (
        <Tag key={id}>{version === undefined ? id : `${id} · ${version}`}</Tag>
      ))}
    </>
  );
}

function Answer({ id }: { readonly id: string }) {
  const { data, error } = useResource((signal) => get<EntryAnswer>(`/entries/${id}`, {}, signal), [id]);
  return (
    <>
      <Failure error={error} />
      <pre class="answer">{data === undefined ? '' : answerText(data.answer)}</pre>
    </>
  );
}
