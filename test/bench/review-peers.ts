import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Namespace } from '../../src/api/kinds.generated.ts';
import { startDaemon } from './daemon.ts';
import type { Row } from './measure.ts';

/** Writes the files of one application. */
export type WriteApplication = (folder: string, index: number, tag: string) => void;
export interface PeersOptions {
  readonly folder: string;
  /** Of the repository that is reviewed. */
  readonly applications: number;
  readonly write: WriteApplication;
}
type Peer = NonNullable<Row['peer']>;

/** So many applications are rendered one by one; the time is multiplied. */
const rendered = 50;
const namespace = { apiVersion: 'v1', kind: 'Namespace', spec: {} } as const;
/** So many applications are compared with a cluster, of which one differs. */
const compared = 100;

function installed(program: string, ...args: string[]): boolean {
  if (spawnSync(program, args, { stdio: 'ignore' }).status === 0) return true;
  console.error(`no ${program} on this machine: its column stays empty`);
  return false;
}
const tags = { base: '1.0.0', head: '1.1.0' } as const;

interface OneByOne {
  readonly name: string;
  prepare(at: string, index: number, tag: string): void;
  readonly command: (at: string) => readonly [program: string, ...args: string[]];
}
/** Both revisions of some applications rendered one by one and compared, times what is left out. */
function renderAndDiff({ folder, applications }: PeersOptions, { name, prepare, command }: OneByOne): Peer {
  for (const [side, tag] of Object.entries(tags)) {
    mkdirSync(join(folder, name, `${side}-out`), { recursive: true });
    for (let index = 0; index < rendered; index++) prepare(join(folder, name, side, `app-${index}`), index, index === 0 ? tag : tags.base);
  }
  const start = performance.now();
  for (const side of Object.keys(tags))
    for (let index = 0; index < rendered; index++) {
      const [program, ...args] = command(join(folder, name, side, `app-${index}`));
      writeFileSync(join(folder, name, `${side}-out`, `${index}.yaml`), execFileSync(program, args));
    }
  const { status, stdout } = spawnSync('diff', ['-r', 'base-out', 'head-out'], { cwd: join(folder, name), encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 1 || stdout.match(/^diff /gm)?.length !== 1) throw new Error(`${name}: not one application differs:\n${stdout}`);
  const times = applications / rendered;
  return { name: `${name} of both + diff (${rendered} of them, times ${times})`, value: seconds * times };
}

/** Undefined, and said, without the program. */
export function kustomizeAndDiff(options: PeersOptions): Peer | undefined {
  if (!installed('kustomize', 'version')) return undefined;
  const prepare = (at: string, index: number, tag: string) => {
    options.write(at, index, tag);
    writeFileSync(join(at, 'kustomization.yaml'), 'resources: [config.yaml, account.yaml, service.yaml, deployment.yaml]\n');
  };
  return renderAndDiff(options, { name: 'kustomize build', prepare, command: (at) => ['kustomize', 'build', at] });
}

/** Each application as a chart of its own. Undefined, and said, without the program. */
export function helmAndDiff(options: PeersOptions): Peer | undefined {
  if (!installed('helm', 'version')) return undefined;
  const prepare = (at: string, index: number, tag: string) => {
    options.write(join(at, 'templates'), index, tag);
    writeFileSync(join(at, 'Chart.yaml'), `apiVersion: v2\nname: app-${index}\nversion: 1.0.0\n`);
  };
  return renderAndDiff(options, { name: 'helm template', prepare, command: (at) => ['helm', 'template', 'app', at] });
}

/**
 * kubectl on a cluster of ours that stands at the base: of some applications, and of one to know what the start alone takes; the rest
 * is multiplied. Undefined, and said, without the program.
 */
export async function kubectlDiff({ folder, applications, write }: PeersOptions): Promise<Peer | undefined> {
  if (!installed('kubectl', 'version', '--client')) return undefined;
  const at = join(folder, 'kubectl');
  for (let index = 0; index < compared; index++) write(join(at, 'base', `app-${index}`), index, tags.base);
  cpSync(join(at, 'base'), join(at, 'head'), { recursive: true });
  write(join(at, 'head', 'app-0'), 0, tags.head);
  const daemon = await startDaemon();
  try {
    for (let index = 0; index < 20; index++) await daemon.cluster.create(Namespace, { ...namespace, metadata: { name: `team-${index}` } });
    const kubectl = (verb: string, files: string): number => {
      const start = performance.now();
      const args = ['--kubeconfig', daemon.kubeconfig, verb, '--server-side', '--recursive', '-f', join(at, files)];
      const { status, stderr } = spawnSync('kubectl', args, { encoding: 'utf8' });
      if (status !== (verb === 'diff' ? 1 : 0)) throw new Error(`kubectl ${verb} answered ${status}: ${stderr}`);
      return (performance.now() - start) / 1000;
    };
    kubectl('apply', 'base');
    const [one, all] = [kubectl('diff', 'head/app-0'), kubectl('diff', 'head')];
    const value = one + ((all - one) / (compared - 1)) * (applications - 1);
    return { name: `kubectl diff of a cluster at the base (${compared} of them, multiplied)`, value };
  } finally {
    await daemon.stop();
  }
}
