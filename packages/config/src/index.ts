export { type Config, type ConfigSource, LOG_LEVELS, type LogLevel } from './config.ts';
export { ConfigError, type ConfigFault } from './faults.ts';
export { type FollowOptions, followConfig } from './follow.ts';
export { configJsonSchema } from './json-schema.ts';
export { type LoadOptions, loadConfig } from './load.ts';
export type { ConfigInput } from './schema.ts';
export { type WatchOptions, watchConfig } from './watch.ts';
