import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { runtimes } from '../../src/agent/runtimes/index.ts';
import { realClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { secureRandom } from '../../src/base/random.ts';
import { connect } from '../../src/client/connect.ts';
import { contextOf, loadKubeconfig } from '../../src/client/kubeconfig.ts';
import { connectTransport } from '../../src/client/transport.ts';
import { simulatedNode } from '../../src/controlplane/nodes.ts';
import { startControlPlane, type ControlPlane } from '../../src/controlplane/start.ts';
import { tempFolder } from '../support/git-servers.ts';
import { findKubectls, kubectlOn, type Kubectl } from '../support/kubectl.ts';
import { Client } from './client.ts';

/** The newest kubectl of this machine, if there is one. */
const program = findKubectls().findLast(({ old }) => !old);
export const hasKubectl = program !== undefined;

/** A control plane in real time behind a socket, as `steer up --runtime simulated` has it. */
export interface Reached {
  readonly url: string;
  readonly admin: Client;
  readonly folder: string;
  kubectl(namespace?: string): Kubectl;
  namespace(): Promise<string>;
  /** Asks until it holds. @throws Error when it does not within 20 s */
  until(done: () => boolean | Promise<boolean>): Promise<void>;
}

/** Starts it before the tests of a file and stops it after them. */
export function overTls(): Reached {
  const clock = realClock();
  const random = secureRandom();
  const folder = tempFolder('steer-conformance-');
  let plane: ControlPlane | undefined;
  let admin: Client | undefined;
  let close = (): Promise<void> => Promise.resolve();
  let spaces = 0;
  beforeAll(async () => {
    const simulated = runtimes.find(({ name }) => name === 'simulated');
    if (simulated === undefined) throw new Error('there is no simulated runtime');
    const runtime = simulated.open({ clock, random, log: silentLog, folder: folder.path });
    plane = await startControlPlane({
      clock,
      random,
      log: silentLog,
      listen: {},
      version: '0.1.0',
      nodes: [{ description: simulatedNode('node-1'), runtime }],
    });
    writeFileSync(join(folder.path, 'kubeconfig'), plane.kubeconfig ?? '');
    const transport = await connectTransport(contextOf(await loadKubeconfig([join(folder.path, 'kubeconfig')])), {
      clock,
      environment: {},
    });
    close = () => transport.close();
    admin = new Client(connect(transport, { clock, random, userAgent: 'e2e.test/1' }));
  });
  afterAll(async () => {
    await close();
    await plane?.stop();
    folder[Symbol.dispose]();
  });
  const started = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the control plane of this file has not started');
    return part;
  };
  const until = async (done: () => boolean | Promise<boolean>): Promise<void> => {
    const end = clock.now() + 20_000;
    while (!(await done())) {
      if (clock.now() > end) throw new Error('what the test waits for did not come within 20 s');
      await clock.sleep(20);
    }
  };
  return {
    get url() {
      return started(plane?.url);
    },
    get admin() {
      return started(admin);
    },
    folder: folder.path,
    kubectl: (namespace = 'default') =>
      kubectlOn(started(program), { kubeconfig: join(folder.path, 'kubeconfig'), namespace, folder: folder.path }),
    until,
    namespace: async () => {
      const name = `conformance-${(spaces += 1)}`;
      const client = started(admin);
      await client.resource('v1', 'namespaces').create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      await until(async () => (await client.resource('v1', 'serviceaccounts', name).names()).includes('default'));
      return name;
    },
  };
}
