import { Application, type ApplicationOperation, type ApplicationStatus, type Condition } from '../../api/kinds.generated.ts';
import { withCondition } from '../../api/condition.ts';
import { timestamp } from '../../base/clock.ts';
import { clone, jsonEqual } from '../../base/json.ts';
import type { Subject, Surroundings } from './surroundings.ts';

/** What a pass found, as far as it changes the status; what is left out stays, null goes. */
export interface Report {
  readonly sync?: NonNullable<ApplicationStatus['sync']>;
  readonly health?: NonNullable<ApplicationStatus['health']>;
  readonly summary?: ApplicationStatus['summary'];
  readonly message?: string;
  readonly pinned?: ApplicationStatus['pinned'] | null;
  readonly current?: ApplicationStatus['current'];
  readonly target?: ApplicationStatus['target'];
  readonly held?: ApplicationStatus['held'] | null;
  readonly operation?: ApplicationOperation;
  readonly answered?: string;
  readonly inventory?: ApplicationStatus['inventory'];
  /** CamelCase: why it is not ready, or that it is. */
  readonly reason?: string;
  /** Nothing happens before somebody acts. */
  readonly stalled?: boolean;
}

/** Writes the status when it changes, and answers the Application as it is then. @throws StatusError Conflict when somebody wrote meanwhile */
export async function publish(around: Surroundings, subject: Subject, report: Report): Promise<Readonly<Application>> {
  const application = subject.tracked.application ?? subject.application;
  const before = application.status ?? {};
  const status = merged(before, report);
  status.observedGeneration = application.metadata.generation ?? 0;
  status.conditions = conditionsOf(status, report, timestamp(around.context.clock));
  if (jsonEqual(before, status)) return application;
  const written = await around.store.update(Application, { ...(clone(application) as Application), status }, { subresource: 'status' });
  subject.tracked.application = written;
  return written;
}

function merged(before: Readonly<ApplicationStatus>, report: Report): ApplicationStatus {
  const { reason: _reason, stalled: _stalled, ...fields } = report;
  const out = clone({ ...before, ...fields }) as Record<string, unknown>;
  for (const key of Object.keys(out)) if (out[key] === null || out[key] === undefined) delete out[key];
  return out as ApplicationStatus;
}

function conditionsOf(status: ApplicationStatus, report: Report, time: string): Condition[] {
  const running = status.operation?.phase === 'Running';
  const ready = status.sync === 'Synced' && status.health === 'Healthy' && !running;
  const reason = report.reason ?? (ready ? 'Synced' : running ? 'Progressing' : (status.sync ?? 'Unknown'));
  const message = status.message ?? '';
  const set = (list: readonly Condition[], type: string, on: boolean, why: string): readonly Condition[] =>
    withCondition(
      list,
      {
        type,
        status: on ? 'True' : 'False',
        reason: why,
        message,
        lastTransitionTime: time,
        observedGeneration: status.observedGeneration ?? 0,
      },
      time,
    );
  let list: readonly Condition[] = status.conditions ?? [];
  list = set(list, 'Ready', ready, reason);
  list = set(list, 'Reconciling', running, running ? reason : 'Idle');
  list = set(list, 'Stalled', report.stalled === true, report.stalled === true ? reason : 'Moving');
  return clone(list) as Condition[];
}
