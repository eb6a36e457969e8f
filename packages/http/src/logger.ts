/** What this room asks of a logger; pino's loggers are ones. */
export interface Logger {
  warn(detail: object, message: string): void;
  error(detail: object, message: string): void;
}
