/** What the gateway knows of time and chance. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that never jump; only differences mean something. */
  elapsed(): number;
  /** 0..1, 1 excluded. */
  random(): number;
}
