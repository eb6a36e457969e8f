import { t } from '../../lib/i18n.ts';
import { connection } from './use-live.ts';

const TONES = { connecting: 'warn', open: 'good', lost: 'bad' } as const;

/** Whether the figures are of now. */
export function ConnectionState() {
  const state = connection.value;
  return (
    <span class="connection" data-state={state} role="status">
      <span class="dot" data-tone={TONES[state]} />
      {t(`live.connection.${state}`)}
    </span>
  );
}
