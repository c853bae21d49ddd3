import type { KubeObject } from '../api/object.ts';
import type { Origin } from '../api/plan.ts';
import type { Artifact } from './source.ts';

/** One object as the source says it. */
export interface Manifest {
  readonly object: KubeObject;
  readonly origin: Origin;
  /** Git blob id of the file. */
  readonly blob: string;
  /** Line and column of a path inside the object, 1-based; the parent's where the path itself is absent. */
  position(path: readonly (string | number)[]): { readonly line: number; readonly column: number };
}
export interface RenderResult {
  readonly manifests: readonly Manifest[];
  readonly read: readonly { readonly path: string; readonly digest: string }[];
  /** What was left out and why, for people. */
  readonly notes: readonly string[];
}
/** What an application asks of its renderer beyond the path. Members that a renderer does not know are its error, not its silence. */
export interface RenderSettings {
  readonly kustomize?: KustomizeSettings;
  readonly helm?: HelmSettings;
  /** Of a folder of plain manifests. */
  readonly directory?: DirectorySettings;
  /** Flux's postBuild: `${name}`, `${name:=default}` in the rendered text. Values of Secrets never come here. */
  readonly substitute?: Readonly<Record<string, string>>;
  /** Every namespaced object goes there, whatever its manifest says (Flux's targetNamespace). */
  readonly targetNamespace?: string;
}
/** Patterns are of paths inside the folder, as Argo CD reads them: `*` (slashes too), `?`, `[ab]`, `{a,b}`. */
export interface DirectorySettings {
  /** Default true. */
  readonly recurse?: boolean;
  readonly include?: string;
  readonly exclude?: string;
}
/** Laid over the folder's own kustomization, or over its plain manifests where it has none. Field names are kustomize's. */
export interface KustomizeSettings {
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly namespace?: string;
  readonly images?: readonly { readonly name: string; readonly newName?: string; readonly newTag?: string; readonly digest?: string }[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly commonLabels?: Readonly<Record<string, string>>;
  readonly commonAnnotations?: Readonly<Record<string, string>>;
  readonly components?: readonly string[];
  readonly patches?: readonly { readonly patch: string; readonly target?: Readonly<Record<string, string>> }[];
}
export interface HelmSettings {
  /** A chart of the chart cache instead of one at the path. */
  readonly chart?: { readonly name: string; readonly version: string };
  /** Default: the application's name. */
  readonly releaseName?: string;
  readonly namespace?: string;
  /** Paths from the repository's root, later ones win. */
  readonly valueFiles?: readonly string[];
  readonly values?: Readonly<Record<string, unknown>>;
  /** `--set` of single values, by path; `true` for those that stay strings. */
  readonly parameters?: readonly { readonly name: string; readonly value: string; readonly forceString?: boolean }[];
  readonly skipCrds?: boolean;
  readonly kubeVersion?: string;
  readonly apiVersions?: readonly string[];
}
/** Turns a path of a tree into manifests, and says what it read (path and digest), so that the result can be kept by content. */
export interface Renderer {
  readonly name: string;
  detect(artifact: Artifact, path: string): Promise<boolean>;
  /** @throws RenderError: all problems of the run, each with file, line and column */
  render(artifact: Artifact, path: string, signal: AbortSignal, settings?: RenderSettings): Promise<RenderResult>;
  /** Stays while what a render reads stays, also outside of the path. Absent: the path's own digest says it. @throws RenderError */
  fingerprint?(artifact: Artifact, path: string, settings?: RenderSettings): Promise<string>;
}
/** One thing wrong with a file. */
export interface SourceProblem {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}
/** `overlays/prod/web.yaml:14:3: message` */
export function problemText(problem: SourceProblem): string {
  return `${problem.path}:${problem.line}:${problem.column}: ${problem.message}`;
}
export class RenderError extends Error {
  readonly problems: readonly SourceProblem[];
  /** What could be read all the same; only to find all problems at once, never to be applied. */
  readonly rest: RenderResult | undefined;

  constructor(problems: readonly SourceProblem[], rest?: RenderResult) {
    super(problems.map((problem) => problemText(problem)).join('\n'));
    this.name = 'RenderError';
    this.problems = problems;
    this.rest = rest;
  }
}

/** By file, line and column. */
export function inOrder(problems: readonly SourceProblem[]): SourceProblem[] {
  return [...problems].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line || a.column - b.column));
}
