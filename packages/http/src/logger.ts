/** What this room asks of a logger; pino's loggers are ones. */
export interface Logger {
  /** Absent: nobody wants to know that much. */
  debug?(detail: object, message: string): void;
  warn(detail: object, message: string): void;
  error(detail: object, message: string): void;
}
