import { RenderError } from '../renderer.ts';
import type { Artifact } from '../source.ts';
import { ownNamespace, partsOf, takeBatch } from './batch.ts';
import type { Closure } from './closure.ts';
import { madeByKustomize, printedObjects } from './kustomize-output.ts';
import type { Made } from './made.ts';
import { redacted } from './redact.ts';
import type { Tool, Tools } from './tools.ts';
import type { PlacedFile, Workplace } from './workplace.ts';

/** One build. */
export interface Build {
  readonly tool: Tool;
  readonly closure: Closure;
  readonly artifact: Artifact;
  readonly signal: AbortSignal;
}
interface Waiting extends Build {
  /** Only builds of one group may share a run. */
  readonly group: string;
  readonly settle: { done(made: Made): void; failed(error: unknown): void };
}
/** Where the kustomization stands that builds share; beside the tree, so that it is part of nobody's. */
const shared = 'shared';

/** Runs kustomize: as many at a time as there are cores, and what waits meanwhile shares runs where it may. */
export class KustomizeBuilds {
  readonly #workplace: Workplace;
  readonly #tools: Tools;
  readonly #waiting: Waiting[] = [];

  constructor(workplace: Workplace, tools: Tools) {
    this.#workplace = workplace;
    this.#tools = tools;
  }

  /** @throws RenderError */
  make(build: Build): Promise<Made> {
    const group = `${build.artifact.commit}\0${build.tool.program.stamp}`;
    return new Promise((done, failed) => {
      this.#waiting.push({ ...build, group, settle: { done, failed } });
      void this.#workplace.slots.run(() => this.#next());
    });
  }

  /** Never rejects: each build hears of its own end. */
  async #next(): Promise<void> {
    const batch = takeBatch(this.#waiting);
    const together = batch.length > 1 ? await this.#together(batch).catch(() => undefined) : undefined;
    for (const [at, { settle, ...build }] of batch.entries()) {
      const part = together?.[at];
      if (part !== undefined) settle.done(part);
      // One that fails fails all that share its run, and only alone it says why.
      else await this.#alone(build).then(settle.done, settle.failed);
    }
  }

  async #alone(build: Build): Promise<Made> {
    const { closure, tool, signal } = build;
    const { rootFile } = closure;
    const folder = folderOf(rootFile);
    const built = joined('tree', folder);
    const tree = await this.#treeOf(build, withOrigins(closure.root.value));
    const ran = await this.#workplace.withFolder(tree, async (scratch) =>
      this.#run(tool, [built, ...(await this.#helmFor(closure))], { scratch, signal }),
    );
    if (ran.code !== 0) throw failure(rootFile, { ...ran, said: redacted(ran.stderr, closure, tree) });
    return madeByKustomize(printedObjects(ran.stdout, rootFile), closure, built);
  }

  /** Undefined where the output does not show that the builds did not see each other. */
  async #together(batch: readonly Waiting[]): Promise<readonly Made[] | undefined> {
    const [{ tool, signal }] = batch as [Waiting];
    const placed = new Map<string, PlacedFile>();
    for (const build of batch) for (const file of await this.#treeOf(build, build.closure.root.value)) placed.set(file.path, file);
    const resources = batch.map(({ closure }) => `../${joined('tree', folderOf(closure.rootFile))}`);
    placed.set(shared, {
      path: `${shared}/kustomization.yaml`,
      content: JSON.stringify({ resources, buildMetadata: ['originAnnotations'] }),
    });
    const ran = await this.#workplace.withFolder([...placed.values()], (scratch) => this.#run(tool, [shared], { scratch, signal }));
    if (ran.code !== 0) return undefined;
    const namespaces = batch.map(({ closure }) => ownNamespace(closure) as string);
    const parts = partsOf(printedObjects(ran.stdout, ''), namespaces);
    return parts?.map((part, at) => madeByKustomize(part, (batch[at] as Waiting).closure, shared));
  }

  /** The files of a build below `tree/`, with `root` as the kustomization that is built. */
  async #treeOf({ closure, artifact }: Build, root: Readonly<Record<string, unknown>>): Promise<PlacedFile[]> {
    const { rootFile, files, rootIsData } = closure;
    const others = files.filter((file) => file.path !== rootFile || rootIsData);
    const contents = others.length === 0 ? [] : await artifact.read(others.map((file) => file.path));
    const placed: PlacedFile[] = others.map((file, at) => ({ path: `tree/${file.path}`, content: contents[at] as Uint8Array }));
    return rootIsData ? placed : [...placed, { path: `tree/${rootFile}`, content: JSON.stringify(root) }];
  }

  /** Kustomize calls it for charts that lie in the tree. @throws RenderError when it is not there */
  async #helmFor({ charts, rootFile }: Closure): Promise<string[]> {
    return charts ? ['--enable-helm', `--helm-command=${(await this.#tools.helm({ by: rootFile })).program.path}`] : [];
  }

  async #run(tool: Tool, args: readonly string[], at: { scratch: string; signal: AbortSignal }): ReturnType<Tools['run']> {
    const ran = await this.#tools.run(tool, args, { folder: at.scratch, signal: at.signal });
    return { ...ran, stderr: ran.stderr.replaceAll(`${at.scratch}/tree/`, '').replaceAll(at.scratch, '') };
  }
}

/** With a note of each object's origin; what the folder's own kustomization says of that goes on. */
function withOrigins(root: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const own = root['buildMetadata'];
  const asked = Array.isArray(own) ? (own as unknown[]) : [];
  return { ...root, buildMetadata: [...new Set([...asked, 'originAnnotations'])] };
}
function failure(path: string, ran: { readonly said: string; readonly ended?: 'time' | 'size' }): RenderError {
  const message =
    ran.ended === 'time'
      ? 'kustomize did not end within 60 s and was stopped'
      : ran.ended === 'size'
        ? 'kustomize printed more than 64 MiB and was stopped'
        : `kustomize: ${ran.said === '' ? 'it failed without a word' : ran.said}`;
  return new RenderError([{ path, line: 1, column: 1, message }]);
}
function joined(folder: string, name: string): string {
  return name === '' ? folder : `${folder}/${name}`;
}
function folderOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf('/')));
}
