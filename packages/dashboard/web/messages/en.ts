import { house } from './en/house.ts';
import { tune } from './en/tune.ts';
import { watch } from './en/watch.ts';
import { why } from './en/why.ts';

export const en = { ...house, ...watch, ...tune, ...why } as const;

export type MessageKey = keyof typeof en;
/** A text for every key; `{name}` is filled in. */
export type Messages = Readonly<Record<MessageKey, string>>;
