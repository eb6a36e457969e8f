import { house } from './en/house.ts';
import { tune } from './en/tune.ts';
import { watch } from './en/watch.ts';
import { why } from './en/why.ts';

export const en = { ...house, ...watch, ...tune, ...why } as const;
