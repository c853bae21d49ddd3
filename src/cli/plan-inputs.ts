import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorText, type Log } from '../base/log.ts';
import type { Around } from '../forecast/around.ts';
import type { FoundApplication } from '../gitops/found.ts';
import { planOnce, type PlannedOnce } from '../gitops/plan-once.ts';
import type { SourceSpec } from '../gitops/source.ts';
import type { ResourceKind } from '../kinds/kind.ts';
import { minorOf } from '../review/api-versions.ts';
import { readProfile, type ClusterProfile } from '../review/profile.ts';
import { reviewRevisions, type Reviewed, type ReviewRequest } from '../review/review.ts';
import { flag, list, text, type Call } from './command.ts';
import type { Engine } from './engine.ts';
import type { ForecastWish } from './forecast-run.ts';
import { UsageError } from './output.ts';
import { findRunning } from './running.ts';
import { openKubeconfig, openTarget, type Target } from './target.ts';
import { nameFor, repository, unservedOption } from './source-options.ts';
import { version } from './version.ts';

/** What `steer plan` was asked for, checked. */
export interface PlanInputs {
  readonly source: SourceSpec;
  readonly name: string;
  /** The name was given, so that the path is one application. */
  readonly named: boolean;
  readonly namespace: string | undefined;
  readonly unserved: 'error' | 'skip' | undefined;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export function planInputs(call: Call): PlanInputs {
  const repo = repository(call.arguments[0] ?? '.', call.environment);
  const path = text(call, 'path') ?? '';
  const [from, to] = [text(call, 'from'), text(call, 'to')];
  if (from === undefined && to !== undefined) throw new UsageError('--to needs --from: the revision that the plan begins at');
  return {
    source: { repo, path, revision: to ?? text(call, 'revision') ?? (from === undefined ? '' : 'HEAD'), intervalMs: 30_000 },
    name: text(call, 'name') ?? nameFor(repo, path),
    named: text(call, 'name') !== undefined,
    namespace: text(call, 'namespace'),
    unserved: text(call, 'unserved') === undefined ? undefined : unservedOption(call),
    from,
    to,
  };
}

/** Where the plan looks, in words, and the plan. */
export interface Planned extends PlannedOnce {
  readonly target: string;
}

/**
 * Between two revisions, in memory; where a cluster is named, with what it has differently from the base, and, for a forecast, what it has
 * around the applications.
 */
export async function reviewOffline(
  call: Call,
  inputs: PlanInputs,
  about: { engine: Engine; log: Log; kinds: readonly ResourceKind[]; wish?: ForecastWish | undefined },
): Promise<Reviewed & { readonly around?: Around }> {
  const named = flag(call, 'live') || text(call, 'kubeconfig') !== undefined || text(call, 'dataDir') !== undefined;
  if (!named) return reviewBetween(call, inputs, about);
  const { target, words } = await liveTarget(call, inputs);
  try {
    const reviewed = await reviewBetween(call, inputs, { ...about, live: { target: words, cluster: target.cluster } });
    if (about.wish === undefined) return reviewed;
    const { aroundOf } = await import('./forecast-run.ts');
    return { ...reviewed, around: await aroundOf(target.cluster, reviewed) };
  } finally {
    await target.close();
  }
}

function reviewBetween(
  call: Call,
  inputs: PlanInputs,
  about: { engine: Engine; log: Log; kinds: readonly ResourceKind[]; live?: NonNullable<ReviewRequest['live']> },
): Promise<Reviewed> {
  const { environment } = call;
  const { clock, random, interrupted: signal } = environment;
  const { sources, renderers, imports, charts } = about.engine;
  const { log, kinds } = about;
  const { source, from = '', unserved = 'error' } = inputs;
  const schemaLocations = list(call, 'schemaLocation').map((folder) => existing(folder, environment.directory));
  const only = list(call, 'app');
  const one = { applications: [oneApplication(inputs)], said: [], problems: [] };
  return reviewRevisions({
    ...{ clock, random, log, version, kinds, sources, renderers, imports, charts, source, from, unserved, signal, schemaLocations },
    ...(inputs.named ? { find: () => Promise.resolve(one) } : {}),
    unchangedToo: inputs.named,
    strict: flag(call, 'strict'),
    ...judges(call),
    ...(about.live === undefined ? {} : { live: about.live }),
    ...(only.length === 0 ? {} : { only }),
  });
}

/** Whose rules judge, where it is not the embedded cluster's alone. */
function judges(call: Call): Pick<ReviewRequest, 'profile' | 'kubernetesMinor'> {
  const [file, version] = [text(call, 'profile'), text(call, 'kubernetesVersion')];
  const profile = file === undefined ? undefined : { name: file, content: profileOf(file, call.environment.directory) };
  const minor = version === undefined ? undefined : minorOf(version);
  if (version !== undefined && minor === undefined) throw new UsageError(`--kubernetes-version ${version}: must read like 1.33`);
  return { ...(profile === undefined ? {} : { profile }), ...(minor === undefined ? {} : { kubernetesMinor: minor }) };
}
function profileOf(file: string, directory: string): ClusterProfile {
  try {
    return readProfile(readFileSync(resolve(directory, file), 'utf8'));
  } catch (error) {
    throw new UsageError(`--profile ${file}: ${errorText(error)}`);
  }
}

function existing(given: string, directory: string): string {
  const path = resolve(directory, given);
  if (!existsSync(path)) throw new UsageError(`--schema-location ${given}: there is no such folder or file`);
  return path;
}

/** The whole path as one application. */
function oneApplication({ source, name, namespace = 'default' }: PlanInputs): FoundApplication {
  return {
    application: { namespace, name },
    form: 'Folder',
    path: source.path,
    namespace,
    cluster: '',
    render: {},
    prune: true,
    suspended: false,
    dependsOn: [],
  };
}

/** Against a cluster: by kubeconfig, else the `steer up` that runs. */
export async function planLive(call: Call, inputs: PlanInputs, engine: Engine): Promise<Planned> {
  const { environment } = call;
  const { target, words, application } = await liveTarget(call, inputs);
  try {
    const planned = await planOnce({
      ...engine,
      cluster: target.cluster,
      source: inputs.source,
      application,
      signal: environment.interrupted,
      ...(inputs.namespace === undefined ? {} : { namespace: inputs.namespace }),
      ...(inputs.unserved === undefined ? {} : { unserved: inputs.unserved }),
    });
    return { ...planned, target: words };
  } finally {
    await target.close();
  }
}

interface LiveTarget {
  readonly target: Target;
  readonly words: string;
  readonly application: { readonly namespace: string; readonly name: string };
}

async function liveTarget(call: Call, inputs: PlanInputs): Promise<LiveTarget> {
  const { environment } = call;
  const kubeconfig = text(call, 'kubeconfig');
  const named = { namespace: inputs.namespace ?? 'default', name: inputs.name };
  if (kubeconfig !== undefined) {
    const file = resolve(environment.directory, kubeconfig);
    const context = text(call, 'context');
    const target = await openKubeconfig(context === undefined ? { file } : { file, context }, environment);
    return { target, words: `cluster of ${file}${context === undefined ? '' : `, context ${context}`}`, application: named };
  }
  const running = findRunning(call);
  const target = await openTarget(running, environment);
  const application = text(call, 'name') === undefined ? (running.application ?? named) : named;
  return { target, words: `embedded cluster at ${running.url} (${running.directory})`, application };
}
