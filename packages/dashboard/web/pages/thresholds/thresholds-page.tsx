import type { CalibrationAnswer, PolicyAnswer } from '@nearhit/http/admin-types';
import { useState } from 'preact/hooks';
import { get } from '../../lib/api.ts';
import { t } from '../../lib/i18n.ts';
import { route } from '../../lib/router.ts';
import { useResource } from '../../lib/use-resource.ts';
import { Failure, PageHead } from '../../ui/basics.tsx';
import { ScopeFilter } from '../../ui/filters.tsx';
import { Curves } from './curves.tsx';
import { type Knob, knobInUse, startOf } from './knob.ts';
import { KnobCard } from './knob-card.tsx';
import { policyPath } from './policy-path.ts';
import { WhatIf } from './what-if.tsx';

export function ThresholdsPage() {
  const { namespace = 'default', model } = route.value.query;
  const policy = useResource(
    (signal) => get<PolicyAnswer>(policyPath(namespace, model), {}, signal),
    [namespace, model],
  );
  const calibration = useResource(
    (signal) => get<CalibrationAnswer>('/calibration', { namespace, model }, signal),
    [namespace, model],
    15_000,
  );
  return (
    <>
      <PageHead title={t('thresholds.title')}>
        <ScopeFilter all={false} />
      </PageHead>
      <p class="page-lead">{t('thresholds.lead')}</p>
      <div class="stack">
        <Failure error={policy.error ?? calibration.error} />
        {isOf(policy.data, namespace, model) && calibration.data !== undefined && (
          <Room
            key={`${namespace} ${model ?? ''}`}
            policy={policy.data}
            calibration={calibration.data}
            onChanged={policy.reload}
          />
        )}
      </div>
    </>
  );
}

/** While another one's policy is fetched, the one before must not be taken for it. */
function isOf(policy: PolicyAnswer | undefined, namespace: string, model: string | undefined): policy is PolicyAnswer {
  return policy?.namespace === namespace && (policy.model ?? undefined) === model;
}

interface RoomProps {
  readonly policy: PolicyAnswer;
  readonly calibration: CalibrationAnswer;
  readonly onChanged: () => void;
}

function Room({ policy, calibration, onChanged }: RoomProps) {
  const [knob, setKnob] = useState<Knob>(knobInUse(policy));
  const [drafts, setDrafts] = useState<Partial<Record<Knob, number>>>({});
  const value = drafts[knob] ?? startOf(policy, knob);
  const setValue = (next: number): void => setDrafts({ ...drafts, [knob]: next });
  return (
    <>
      <div class="split room">
        <Curves {...{ knob, value, policy, calibration }} />
        <KnobCard {...{ knob, value, policy, onChanged }} onKnob={setKnob} onValue={setValue} />
      </div>
      <WhatIf {...{ knob, value, policy }} />
    </>
  );
}
