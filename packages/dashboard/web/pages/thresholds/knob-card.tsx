import type { PolicyAnswer } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { patch } from '../../lib/api.ts';
import { decimal, percent } from '../../lib/format.ts';
import { t } from '../../lib/i18n.ts';
import { useAction } from '../../lib/use-resource.ts';
import { Button, Card, Failure } from '../../ui/basics.tsx';
import { Segments } from '../../ui/fields.tsx';
import { say } from '../../ui/toast.tsx';
import { InForce } from './in-force.tsx';
import { chosen, KNOBS, type Knob, undoOf } from './knob.ts';
import { policyPath } from './policy-path.ts';
import { Slider } from './slider.tsx';

interface KnobCardProps {
  readonly knob: Knob;
  readonly value: number;
  readonly policy: PolicyAnswer;
  readonly onKnob: (knob: Knob) => void;
  readonly onValue: (value: number) => void;
  readonly onChanged: () => void;
}

type Change = Readonly<Record<string, number | null>>;

/** The slider, what is in force now, and the buttons that change it and change it back. */
export function KnobCard({ knob, value, policy, onKnob, onValue, onChanged }: KnobCardProps) {
  const [undo, setUndo] = useState<Change | undefined>();
  const { run, busy, error } = useAction(async (change: Change, back: Change | undefined) => {
    await patch<PolicyAnswer>(policyPath(policy.namespace, policy.model), change);
    setUndo(back);
    say(t(back === undefined ? 'thresholds.undone' : 'thresholds.applied'));
    onChanged();
  });
  const isSet = chosen(policy, knob) === value;
  return (
    <Card>
      <div class="stack">
        <Segments
          label={t('thresholds.knob')}
          value={knob}
          onChange={onKnob}
          options={KNOBS.map((one) => [one, t(`thresholds.knob.${one}`)] as const)}
        />
        <p class="hint">{t(`thresholds.knob.${knob}.hint`)}</p>
        <Slider knob={knob} value={value} onChange={onValue} />
        <div class="row">
          <Button
            kind="primary"
            disabled={busy || isSet}
            onClick={() => void run({ [knob]: value }, undoOf(policy, knob))}
          >
            {t('thresholds.apply', { value: knob === 'threshold' ? decimal(value, 3) : percent(value) })}
          </Button>
          <Button disabled={busy || undo === undefined} onClick={() => undo && void run(undo, undefined)}>
            {t('thresholds.undo')}
          </Button>
        </div>
        <Failure error={error} />
        <InForce policy={policy} onForget={(name) => void run({ [name]: null }, undoOf(policy, name))} />
      </div>
    </Card>
  );
}
