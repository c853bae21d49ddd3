import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { realClock } from '../../src/base/clock.ts';
import { secureRandom } from '../../src/base/random.ts';
import { connect, type Connection } from '../../src/client/connect.ts';
import { contextOf, loadKubeconfig } from '../../src/client/kubeconfig.ts';
import { connectTransport } from '../../src/client/transport.ts';
import { startProgram, startSteer, steerProgram, type Running } from './steer.ts';

/** A `steer up` as a process of its own, whose API server answers. */
export interface Up {
  readonly running: Running;
  readonly dataDir: string;
  /** The file of the administrator's. */
  readonly kubeconfig: string;
  readonly url: string;
  /** Over TLS, with the administrator's certificate, on connections of its own. */
  connect(userAgent?: string): Promise<Connection & AsyncDisposable>;
  /** Ends it as Ctrl-C does and waits. @throws Error when it did not end cleanly */
  stop(): Promise<void>;
}
export interface UpOptions {
  /** Where it runs; its data directory is `data` in it. */
  readonly folder: string;
  /** The runtime is simulated unless they name another. */
  readonly args?: readonly string[];
  /** A program and its arguments to run it under. */
  readonly under?: readonly string[];
  /** Beside its home and its search path. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts `steer up REPO --name app` and waits until its API server answers. */
export async function startUp(repo: string, { folder, args = [], under, env = {} }: UpOptions): Promise<Up> {
  const dataDir = join(folder, 'data');
  const runtime = args.includes('--runtime') ? [] : ['--runtime', 'simulated'];
  const words = ['up', repo, '--name', 'app', '--data-dir', dataDir, ...runtime, ...args];
  const running =
    under === undefined
      ? startSteer(words, { cwd: folder, env })
      : startProgram([...under, process.execPath, steerProgram, ...words], {
          cwd: folder,
          env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
        });
  await running.printed(/^target: .*$/m);
  const kubeconfig = join(dataDir, 'kubeconfig');
  return {
    running,
    dataDir,
    kubeconfig,
    url: (JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as { url: string }).url,
    connect: (userAgent) => connectOverTls(kubeconfig, userAgent),
    stop: async () => {
      const { code } = await running.stop();
      if (code !== 0) throw new Error(`steer up ended with ${code}:\n${running.output()}`);
    },
  };
}

async function connectOverTls(kubeconfig: string, userAgent = 'test/1'): Promise<Connection & AsyncDisposable> {
  const clock = realClock();
  const transport = await connectTransport(contextOf(await loadKubeconfig([kubeconfig])), { clock, environment: {} });
  const connection = connect(transport, { clock, random: secureRandom(), userAgent });
  return Object.assign(connection, { [Symbol.asyncDispose]: () => transport.close() });
}
