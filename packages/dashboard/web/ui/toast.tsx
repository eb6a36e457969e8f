import { signal } from '@preact/signals';
import { t } from '../lib/i18n.ts';
import { Button } from './basics.tsx';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'bad';
  readonly action?: { readonly label: string; readonly run: () => void } | undefined;
}

const SHOWN_MS = 8_000;
const TOASTS_MAX = 3;
const toasts = signal<readonly Toast[]>([]);
let last = 0;

const dismiss = (id: number): void => {
  toasts.value = toasts.value.filter((one) => one.id !== id);
};

/** Says for a while what was done. A failure stays until it is put away. */
export function say(text: string, tone: Toast['tone'] = 'good', action?: Toast['action']): void {
  last += 1;
  const id = last;
  toasts.value = [...toasts.value.slice(1 - TOASTS_MAX), { id, text, tone, action }];
  if (tone === 'good') setTimeout(() => dismiss(id), SHOWN_MS);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, tone, action }) => (
        <div key={id} class="toast" data-tone={tone}>
          <span>{text}</span>
          {action !== undefined && (
            <Button
              small
              onClick={() => {
                dismiss(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <Button small kind="quiet" label={t('action.dismiss')} onClick={() => dismiss(id)}>
            ×
          </Button>
        </div>
      ))}
    </div>
  );
}
