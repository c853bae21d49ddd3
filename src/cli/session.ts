import type { Cluster } from '../client/cluster.ts';
import type { Paint } from '../report/paint.ts';
import { text, type Call } from './command.ts';
import type { Environment } from './environment.ts';
import { outputFormat, paintFor, print, say } from './output.ts';
import { findRunning, type Running } from './running.ts';

/** A command that speaks to a running `steer up`. */
export interface Session {
  readonly cluster: Cluster;
  readonly running: Running;
  readonly environment: Environment;
  readonly paint: Paint;
  readonly json: boolean;
}

/** Finds the running `steer up`, names it in the first line (beside the data where that is JSON), and closes the connection in the end. */
export async function withSession<R>(call: Call, work: (session: Session) => Promise<R>): Promise<R> {
  const json = outputFormat(text(call, 'output'), ['text', 'json']) === 'json';
  const running = findRunning(call);
  const { openTarget } = await import('./target.ts');
  const target = await openTarget(running, call.environment);
  const paint = paintFor(call.environment);
  const line = `target: embedded cluster at ${running.url} (${running.directory})`;
  if (json) say(call.environment, line);
  else print(call.environment, paint.faint(line));
  try {
    return await work({ cluster: target.cluster, running, environment: call.environment, paint, json });
  } finally {
    await target.close();
  }
}
