export type ServiceKind = 'ingress' | 'embedding' | 'cache' | 'worker' | 'standalone';

/** One process as it last told of itself. */
export interface ServiceStatus {
  readonly kind: ServiceKind;
  /** Of the process; a restarted one has another. */
  readonly id: string;
  readonly host: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly seenAtMs: number;
  /** Of those that follow the change log: the last record they have taken in. */
  readonly position?: number | undefined;
  /** What else is worth knowing: `degraded`, `vectors`, `jobsDone` ... */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

/** Who is there. A process that has not reported for 10 s is gone. */
export interface ServiceRegistry {
  report(status: ServiceStatus): Promise<void>;
  list(): Promise<ServiceStatus[]>;
  remove(status: Pick<ServiceStatus, 'kind' | 'id'>): Promise<void>;
}
