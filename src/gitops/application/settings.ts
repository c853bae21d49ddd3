import type { Application, ApplicationSync } from '../../api/kinds.generated.ts';
import { parseDuration } from '../../base/duration.ts';
import { errorText } from '../../base/log.ts';
import { ReconcileError } from '../../reconcile/controller.ts';
import { defaultBudget, type Budget } from '../budget.ts';
import { renderSettingsOf } from '../render-settings.ts';
import type { RenderSettings } from '../renderer.ts';
import type { SourceSpec } from '../source.ts';

/** The spec of an Application, with its defaults and parsed. */
export interface Settings {
  readonly name: string;
  readonly source: SourceSpec;
  /** Of a Secret in the Application's namespace. */
  /** What is wrong with it is told by `unsupportedFields`, before anything is rendered. */
  readonly render: RenderSettings;
  readonly credentials: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string;
  readonly auto: boolean;
  readonly prune: boolean;
  readonly adopt: boolean;
  readonly budget: Budget;
  readonly deadlineMs: number;
  readonly healthyForMs: number;
  readonly unserved: 'error' | 'skip';
  readonly drift: 'heal' | 'report';
  readonly respect: readonly string[];
  readonly rollback: 'manual' | 'auto';
  readonly suspend: boolean;
  readonly historyLimit: number;
  readonly dependsOn: readonly string[];
}

/** @throws ReconcileError InvalidSpec that names field and value */
export function settingsOf({ metadata, spec }: Readonly<Application>): Settings {
  const { source } = spec;
  return {
    name: metadata.name,
    source: {
      repo: source.repo,
      path: source.path ?? '',
      revision: source.revision ?? '',
      intervalMs: duration('spec.source.interval', source.interval ?? '30s'),
    },
    render: renderSettingsOf(spec.renderer).settings,
    credentials: source.credentials,
    context: spec.destination?.context,
    namespace: spec.namespace ?? 'default',
    ...syncing(spec.sync ?? {}),
    ...conduct(spec),
  };
}

type Syncing = 'auto' | 'prune' | 'adopt' | 'budget' | 'deadlineMs' | 'healthyForMs' | 'unserved';
function syncing(sync: ApplicationSync): Pick<Settings, Syncing> {
  return {
    auto: sync.auto ?? true,
    prune: sync.prune ?? true,
    adopt: sync.adopt ?? false,
    budget: { objects: sync.budget?.objects ?? defaultBudget.objects, percent: sync.budget?.percent ?? defaultBudget.percent },
    deadlineMs: duration('spec.sync.deadline', sync.deadline ?? '5m'),
    healthyForMs: duration('spec.sync.healthyFor', sync.healthyFor ?? '5s'),
    unserved: sync.unserved ?? 'error',
  };
}

function conduct(spec: Application['spec']): Pick<Settings, 'drift' | 'respect' | 'rollback' | 'suspend' | 'historyLimit' | 'dependsOn'> {
  return {
    drift: spec.drift ?? 'heal',
    respect: spec.respect ?? [],
    rollback: spec.rollback ?? 'manual',
    suspend: spec.suspend ?? false,
    historyLimit: spec.historyLimit ?? 50,
    dependsOn: spec.dependsOn ?? [],
  };
}

function duration(field: string, text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw new ReconcileError('InvalidSpec', `${field}: ${errorText(error)}`, { retry: false, cause: error });
  }
}
