import { createLog, type Log } from '../base/log.ts';
import type { Environment } from './environment.ts';
import { say } from './output.ts';

/** Warnings and errors, one line each. */
export function stderrLog(environment: Environment): Log {
  const level = environment.variables['STEER_LOG'] === 'debug' ? 'debug' : 'warn';
  return createLog((line) => {
    const fields = Object.entries(line.fields).map(([name, value]) => ` ${name}=${JSON.stringify(value)}`);
    say(environment, `${line.level}: ${line.message}${fields.join('')}`);
  }, level);
}
