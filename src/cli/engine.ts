import type { Kind } from '../api/object.ts';
import { join } from 'node:path';
import type { Log } from '../base/log.ts';
import { ChartCache } from '../gitops/chart-cache.ts';
import { createImportCache, type ImportCache } from '../gitops/find-applications.ts';
import { InspectionMemo } from '../gitops/inspect.ts';
import { createRenderers, openKept } from '../gitops/renderers/index.ts';
import type { Renderer } from '../gitops/renderer.ts';
import type { SourceHistory, Sources } from '../gitops/source.ts';
import { openSources } from '../gitops/sources/index.ts';
import { TreeMemory } from '../gitops/tree-memory.ts';
import { createValidate } from '../gitops/validate.ts';
import type { Validate } from '../gitops/reading.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import { cacheHome, chartFolders, type Environment } from './environment.ts';

/** What turns a repository into checked manifests: the same for the daemon and for a single command. */
export interface Engine {
  readonly sources: Sources & SourceHistory;
  readonly renderers: readonly Renderer[];
  readonly validate: Validate;
  /** What was found of applications, of the plans of one command. */
  readonly imports: ImportCache;
  /** Charts that were fetched before, on this machine. */
  readonly charts: ChartCache;
  /** Of the plans of one command. */
  readonly memo: InspectionMemo;
}
export interface EngineOptions {
  /** Holds the mirrors. Default: the cache that commands share. */
  readonly directory?: string | undefined;
  /** Folders of charts, before helm's own. */
  readonly chartCaches?: readonly string[];
  /** Of the control plane in this process, where that is the only target. */
  readonly kinds?: readonly ResourceKind[];
  /** What is learned of the trees of a repository is kept for the next process. */
  readonly remembers?: boolean;
}

/** Close `sources` in the end. */
export function openEngine(environment: Environment, log: Log, options: EngineOptions = {}): Engine {
  const { clock, random, variables } = environment;
  const { directory = join(cacheHome(environment), 'git'), kinds = [], chartCaches = [] } = options;
  const charts = new ChartCache(clock, [...chartCaches, ...chartFolders(environment)]);
  const own = ({ group, version, kind }: Pick<Kind, 'group' | 'version' | 'kind'>): ResourceKind | undefined =>
    kinds.find((one) => one.kind.kind === kind && one.kind.group === group && one.kind.version === version);
  const workplace = { clock, environment: variables, directory: join(cacheHome(environment), 'render'), home: environment.home };
  const imports = createImportCache();
  const memory = options.remembers === true ? new TreeMemory(openKept(workplace), imports) : undefined;
  const remembering = memory === undefined ? {} : { memoryOf: (folder: string) => memory.of(folder) };
  const sources = openSources({ clock, random, log, directory, environment: variables, ...remembering });
  return {
    sources: { ...sources, close: () => Promise.all([sources.close(), memory?.save()]).then(() => undefined) },
    renderers: createRenderers({ ...workplace, charts }),
    validate: createValidate(clock, (name) => own(name)?.schema),
    imports,
    charts,
    memo: new InspectionMemo(),
  };
}
