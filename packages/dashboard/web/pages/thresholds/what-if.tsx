import type { PolicyAnswer } from '@nearhit/http/admin-types';
import type { Knob } from './knob.ts';

export function WhatIf(_: { readonly knob: Knob; readonly value: number; readonly policy: PolicyAnswer }) {
  return null;
}
