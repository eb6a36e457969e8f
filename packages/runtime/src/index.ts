export { type Breaker, type BreakerOptions, createBreaker } from './breaker.ts';
export { Chores } from './chores.ts';
export { Closers } from './closers.ts';
export { guardEmbedder, guardNearest, guardStore, isDependencyFault } from './guards.ts';
export { type HeartbeatOptions, startHeartbeat } from './heartbeat.ts';
export { createLogObserver } from './log-observer.ts';
export { openLog, runProcess } from './process.ts';
export { degradedOf, type Probe } from './readiness.ts';
export { type Secret, secretOf } from './secret-file.ts';
