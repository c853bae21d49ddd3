import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startProgram, type Finished, type Running } from './steer.ts';

/** A kubectl that is installed here. */
export interface KubectlProgram {
  /** `1.20`, `1.33` and so on. */
  readonly version: string;
  readonly path: string;
  /** Debian's 1.20: it checks objects against OpenAPI v2 only, and lacks what came later. */
  readonly old: boolean;
}
/** One kubectl on one cluster. */
export interface Kubectl {
  readonly program: KubectlProgram;
  /** Runs it to its end; `input` goes to its standard input. */
  run(args: readonly string[], input?: string): Promise<Finished>;
  /** Runs it and answers what it printed. @throws Error with all that it said when it ends with another code than 0 */
  ok(args: readonly string[], input?: string): Promise<string>;
  /** Runs it and answers what it complained of. @throws Error when it ends with 0 */
  fails(args: readonly string[], input?: string): Promise<string>;
  /** The object, or list, that `get -o json` prints. */
  json<T>(args: readonly string[]): Promise<T>;
  /** Starts it and leaves it running. */
  start(args: readonly string[]): Running;
}

const wanted = ['1.30', '1.31', '1.32', '1.33'];

/**
 * The kubectls of this machine: Debian's 1.20 (STEER_KUBECTL_DEBIAN names it) and those that lie beside the one on the PATH as
 * `kubectl.1.30` and so on. Names in one line those that are not there. @throws Error in CI when Debian's is not there
 */
export function findKubectls(): readonly KubectlProgram[] {
  const debian = process.env['STEER_KUBECTL_DEBIAN'] ?? '/tmp/steer-kubectl-debian/usr/bin/kubectl';
  if (!existsSync(debian) && process.env['CI'] !== undefined)
    throw new Error(`there is no kubectl at ${debian}: unpack Debian's kubernetes-client and name it in STEER_KUBECTL_DEBIAN`);
  const folder = folderOfKubectl();
  const all: readonly KubectlProgram[] = [
    { version: '1.20', path: debian, old: true },
    ...(folder === undefined ? [] : wanted.map((version) => ({ version, path: join(folder, `kubectl.${version}`), old: false }))),
  ];
  const found = all.filter(({ path }) => existsSync(path));
  const missing = ['1.20', ...wanted].filter((version) => !found.some((each) => each.version === version));
  if (missing.length > 0) console.log(`skipped: tests with kubectl ${missing.join(', ')} (not on this machine)`);
  return found;
}

function folderOfKubectl(): string | undefined {
  try {
    return dirname(realpathSync(execFileSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).trim()));
  } catch {
    return undefined; // There is none on the PATH.
  }
}

/** A kubectl that works in one namespace of one cluster, with a home of its own in `folder`. */
export function kubectlOn(program: KubectlProgram, where: { kubeconfig: string; namespace: string; folder: string }): Kubectl {
  const { kubeconfig, namespace, folder } = where;
  const env = { PATH: process.env['PATH'] ?? '', HOME: join(folder, `home-${program.version}`), KUBECONFIG: kubeconfig };
  const start = (args: readonly string[], input = '') =>
    startProgram([program.path, `--namespace=${namespace}`, ...args], { cwd: folder, env, input });
  const run = (args: readonly string[], input?: string) => start(args, input).finished;
  const told = (args: readonly string[], { code, stdout, stderr }: Finished) =>
    new Error(`kubectl ${program.version} ${args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  const ok = async (args: readonly string[], input?: string) => {
    const ended = await run(args, input);
    if (ended.code !== 0) throw told(args, ended);
    return ended.stdout;
  };
  return {
    program,
    run,
    ok,
    fails: async (args, input) => {
      const ended = await run(args, input);
      if (ended.code === 0) throw told(args, ended);
      return ended.stderr;
    },
    json: async <T>(args: readonly string[]) => JSON.parse(await ok([...args, '-o', 'json'])) as T,
    start: (args) => start(args),
  };
}
