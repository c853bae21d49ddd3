/** Structured log lines. Fields never hold secrets. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds `fields` to every line. */
  with(fields: LogFields): Log;
}
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** A log that hands each line at or above `level` to `write`. */
export function createLog(write: (line: LogLine) => void, level: LogLevel = 'info', base: LogFields = {}): Log {
  const least = order.indexOf(level);
  const at =
    (lineLevel: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (order.indexOf(lineLevel) >= least) write({ level: lineLevel, message, fields: { ...base, ...fields } });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createLog(write, level, { ...base, ...fields }),
  };
}

/** A log that drops everything. */
export const silentLog: Log = createLog(() => undefined, 'error');

/** One sentence about anything thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
