import type { Messages } from './en.ts';
import { house } from './vi/house.ts';
import { tune } from './vi/tune.ts';
import { watch } from './vi/watch.ts';
import { why } from './vi/why.ts';

export const vi: Messages = { ...house, ...watch, ...tune, ...why };
