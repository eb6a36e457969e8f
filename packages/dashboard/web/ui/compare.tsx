import { t } from '../lib/i18n.ts';
import { type DiffPart, wordDiff } from '../lib/word-diff.ts';

interface CompareProps {
  readonly asked: string;
  readonly stored: string;
}

/** Two questions side by side, the words that differ marked. */
export function Compare({ asked, stored }: CompareProps) {
  const { a, b } = wordDiff(asked, stored);
  return (
    <div class="compare">
      <div>
        <h3>{t('compare.asked')}</h3>
        <Parts parts={a} kind="added" />
      </div>
      <div>
        <h3>{t('compare.stored')}</h3>
        <Parts parts={b} kind="removed" />
      </div>
    </div>
  );
}

function Parts({ parts, kind }: { readonly parts: readonly DiffPart[]; readonly kind: 'added' | 'removed' }) {
  return (
    <p>
      {parts.map(({ text, same }, at) =>
        same ? (
          <span key={at}>{text}</span>
        ) : (
          <mark key={at} class={kind}>
            {text}
          </mark>
        ),
      )}
    </p>
  );
}
