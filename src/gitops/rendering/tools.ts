import { RenderError } from '../renderer.ts';
import { findProgram, runProgram, type Program, type RunOptions } from './program.ts';
import type { Workplace } from './workplace.ts';

/** A renderer's program as it was found on this machine. */
export interface Tool {
  readonly program: Program;
  /** What comes before the arguments: `kubectl` needs `kustomize`. */
  readonly prefix: readonly string[];
}
const limits = { timeoutMs: 60_000, outputBytes: 64 * 2 ** 20 };
/** Of address space, where util-linux can limit it: 2 GiB of memory, beside 4 GiB that helm reserves and does not use. */
const addressBytes = 6 * 2 ** 30;
/** Small heaps are never collected: a render is over before it pays. */
const thrifty = { GOGC: 'off', GOMEMLIMIT: '384MiB' };
/** Whoever tries to reach the network all the same finds nobody. */
const offline = { HTTP_PROXY: 'http://127.0.0.1:9', HTTPS_PROXY: 'http://127.0.0.1:9', NO_PROXY: '', GIT_ALLOW_PROTOCOL: 'none' };

/** Finds the programs of renderers, each once, and checks that they are young enough. */
export class Tools {
  readonly #workplace: Workplace;
  readonly #found = new Map<string, Promise<Tool | undefined>>();
  #limiter: Promise<Program | undefined> | undefined;
  readonly #checked = new Map<string, Promise<void>>();

  constructor(workplace: Workplace) {
    this.#workplace = workplace;
  }

  /** `kustomize`, else `kubectl kustomize`. @throws RenderError when there is neither */
  kustomize(needed: { readonly by: string }): Promise<Tool> {
    return this.#need('kustomize', needed, async () => {
      const own = await this.#find('kustomize');
      if (own !== undefined) return { program: own, prefix: ['build'] };
      const kubectl = await this.#find('kubectl');
      return kubectl === undefined ? undefined : { program: kubectl, prefix: ['kustomize'] };
    });
  }
  /** @throws RenderError when it is not there */
  helm(needed: { readonly by: string }): Promise<Tool> {
    return this.#need('helm', needed, async () => {
      const program = await this.#find('helm');
      return program === undefined ? undefined : { program, prefix: [] };
    });
  }

  /** Runs it in a folder, with no PATH, no home and no network. Only where there is a slot for it. */
  async run(
    tool: Tool,
    args: readonly string[],
    run: { folder: string; signal: AbortSignal; input?: string },
  ): ReturnType<typeof runProgram> {
    const { folder, signal, input } = run;
    const environment = { ...thrifty, ...offline, HOME: folder, TMPDIR: folder, PATH: '', KUBECONFIG: '/dev/null', LC_ALL: 'C.UTF-8' };
    const options: RunOptions = { cwd: folder, environment, signal, ...limits, ...(input === undefined ? {} : { input }) };
    const limiter = await (this.#limiter ??= this.#find('prlimit'));
    const all = [...tool.prefix, ...args];
    const ran = await (limiter === undefined
      ? runProgram(tool.program, all, options)
      : runProgram(limiter, [`--as=${addressBytes}`, tool.program.path, ...all], options));
    const exhausted = ran.code !== 0 && /out of memory|cannot allocate memory/.test(ran.stderr);
    return exhausted ? { ...ran, stderr: 'it needed more than the 2 GiB of memory that a render may have' } : ran;
  }

  /** Once per program. @throws RenderError when it is too old */
  check(tool: Tool, needed: { readonly by: string; readonly signal: AbortSignal }): Promise<void> {
    const { stamp } = tool.program;
    let checked = this.#checked.get(stamp);
    if (checked === undefined) {
      checked = this.#check(tool, needed);
      this.#checked.set(stamp, checked);
      checked.catch(() => this.#checked.delete(stamp));
    }
    return checked;
  }

  async #check(tool: Tool, { by, signal }: { by: string; signal: AbortSignal }): Promise<void> {
    const [kind, args, least] = versionCall(tool);
    const ran = await this.#workplace.withFolder([], (folder) => this.run({ ...tool, prefix: [] }, args, { folder, signal }));
    // An old kubectl tells its own version alone: its kustomize is of 2018.
    const pattern = tool.prefix[0] === 'kustomize' ? /"kustomizeVersion": *"v?(\d+)\.(\d+)/ : /v(\d+)\.(\d+)/;
    const found = pattern.exec(ran.stdout.toString());
    // One that was built from source by `go install` calls itself `(devel)`: it is what its owner made it.
    if (kind === 'kustomize' && found === null && ran.stdout.includes('(devel)')) return;
    const [major = 0, minor = 0] = found === null ? [] : [Number(found[1]), Number(found[2])];
    if (major > least[0] || (major === least[0] && minor >= least[1])) return;
    const version = found === null ? 'of an unknown version' : `${major}.${minor}`;
    throw missing(by, `${tool.program.path} is ${version} (${kind}), and ${least.join('.')} or newer is needed: ${install[kind]}`);
  }

  #find(name: string): Promise<Program | undefined> {
    return findProgram(name, this.#workplace.options.environment['PATH']);
  }

  async #need(kind: keyof typeof install, { by }: { by: string }, find: () => Promise<Tool | undefined>): Promise<Tool> {
    let found = this.#found.get(kind);
    if (found === undefined) this.#found.set(kind, (found = find()));
    const tool = await found;
    if (tool !== undefined) return tool;
    this.#found.delete(kind);
    const names = kind === 'kustomize' ? 'neither kustomize nor kubectl' : 'no helm';
    throw missing(by, `there is ${names} on the PATH to render this: ${install[kind]}`);
  }
}

const install = {
  kustomize: 'install kustomize (https://kubectl.docs.kubernetes.io/installation/kustomize/) or kubectl, and put it on the PATH',
  helm: 'install helm (https://helm.sh/docs/intro/install/) and put it on the PATH',
};
function versionCall(tool: Tool): ['kustomize' | 'helm', readonly string[], readonly [number, number]] {
  if (tool.prefix[0] === 'kustomize') return ['kustomize', ['version', '--client', '-o', 'json'], [5, 0]];
  if (tool.prefix[0] === 'build') return ['kustomize', ['version'], [5, 0]];
  return ['helm', ['version', '--short'], [3, 8]];
}
function missing(path: string, message: string): RenderError {
  return new RenderError([{ path, line: 1, column: 1, message }]);
}
