import { connect, type Connection } from '../client/connect.ts';
import { contextOf, loadKubeconfig } from '../client/kubeconfig.ts';
import { connectTransport } from '../client/transport.ts';
import { dataPaths } from '../controlplane/paths.ts';
import type { Environment } from './environment.ts';
import { say } from './output.ts';
import type { Running } from './running.ts';
import { version } from './version.ts';

/** A cluster over a socket, to be closed. */
export interface Target {
  readonly cluster: Connection;
  close(): Promise<void>;
}

/** The embedded cluster of a running `steer up`, as its administrator. */
export function openTarget(running: Running, environment: Environment): Promise<Target> {
  return openKubeconfig({ file: dataPaths(running.directory).kubeconfig }, environment);
}

/** Any cluster by kubeconfig; without `context` the file's current one. @throws KubeconfigError */
export async function openKubeconfig(at: { file: string; context?: string }, environment: Environment): Promise<Target> {
  const context = contextOf(await loadKubeconfig([at.file]), at.context);
  const transport = await connectTransport(context, { clock: environment.clock, environment: environment.variables });
  const cluster = connect(transport, {
    clock: environment.clock,
    random: environment.random,
    userAgent: `steer/${version}`,
    pageSize: 500,
    warn: (text) => say(environment, `warning: ${text}`),
  });
  return { cluster, close: () => transport.close() };
}
