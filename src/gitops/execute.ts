import { keyOf, type Kind, type KubeObject } from '../api/object.ts';
import { isAlreadyExists, isConflict, isInvalid, isNotFound, isPassing, StatusError } from '../api/status.ts';
import { Backoff } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import { mapConcurrent } from './concurrent.ts';
import { differenceText } from './difference.ts';
import type { FindingOptions } from './findings.ts';
import { isOurs } from './findings.ts';
import { inspectOne, type InspectOptions, type Inspection, type Target } from './inspect.ts';
import { readNow, type WrittenObjects } from './live.ts';
import { failureText } from './mask.ts';
import { inheritedEntries, ownershipOf } from './ownership.ts';
import { plan, type Step } from './plan.ts';
import type { PredictOptions } from './predict.ts';
import { applyEntry, claimFields, takeOver, writeEntries } from './managed-fields.ts';
import { fieldManager } from './tracking.ts';

/** What became of a step. */
export type Outcome =
  | { readonly step: Step; readonly result: 'done'; readonly object?: KubeObject }
  /** The cluster is not as it was planned for: nothing was sent. `message` names object, field and writer. */
  | { readonly step: Step; readonly result: 'changed'; readonly message: string }
  | { readonly step: Step; readonly result: 'failed'; readonly message: string; readonly forGood: boolean };

export interface Execution {
  readonly target: Target;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly inspect: InspectOptions;
  readonly predict: PredictOptions;
  readonly findings: FindingOptions;
  readonly written: WrittenObjects;
}

const concurrency = 16;
/** For errors that can pass; then the step has failed for now. */
const attempts = 4;

/**
 * Sends steps that may run at the same time. Each is made again from the object as it is now before it is sent, and only sent when it is
 * the same step. Never throws but for an abort.
 */
export function executeSteps(steps: readonly Step[], execution: Execution): Promise<Outcome[]> {
  return mapConcurrent(steps, concurrency, (step) => executeStep(step, execution));
}

async function executeStep(step: Step, execution: Execution): Promise<Outcome> {
  const backoff = new Backoff({ firstMs: 200, maxMs: 2000 });
  for (;;) {
    execution.signal.throwIfAborted();
    try {
      return await send(step, execution);
    } catch (error) {
      if (execution.signal.aborted) throw error;
      const passing = isPassing(error) || isConflict(error) || !(error instanceof StatusError);
      if (!passing || backoff.failures('') >= attempts - 1) return failed(step, error);
      await execution.clock.sleep(backoff.nextMs(''), { signal: execution.signal });
    }
  }
}

function failed(step: Step, error: unknown): Outcome {
  const object = step.inspection?.desired.object ?? step.prune?.object;
  const message = object === undefined ? String(error) : failureText(object, error);
  const forGood = isInvalid(error) || (error instanceof StatusError && error.reason === 'BadRequest');
  return { step, result: 'failed', message: `${step.name}: ${message}`, forGood };
}

function send(step: Step, execution: Execution): Promise<Outcome> {
  switch (step.send) {
    case 'nothing':
      return Promise.resolve({ step, result: 'done' });
    case 'create':
      return create(step, execution);
    case 'apply':
    case 'own':
      return apply(step, execution);
    case 'recreate':
      return recreate(step, execution);
    case 'delete':
      return remove(step, execution);
  }
}

/** POST fails when somebody was faster. The fields are claimed as applied at once, so that one that leaves the manifest goes. */
async function create(step: Step, execution: Execution): Promise<Outcome> {
  const { cluster } = execution.target;
  const inspection = step.inspection as Inspection;
  const { desired } = inspection;
  const kind = desired.kind ?? (await cluster.kindOf(desired.object));
  if (kind === undefined)
    throw new StatusError(503, 'ServiceUnavailable', `the cluster does not serve ${desired.object.apiVersion} ${desired.object.kind} yet`);
  const sent = inspection.prediction?.sent ?? desired.object;
  const tried = inspection.prediction?.basis === 'dryRun' ? inspection.prediction.predicted : undefined;
  const predicted = tried ?? (await cluster.apply(kind, sent, { fieldManager, force: true, dryRun: true }));
  try {
    const made = await cluster.create(kind, sent, { fieldManager });
    const object = await claimFields(cluster, kind, made, applyEntry(predicted));
    execution.written.note(kind, keyOf(object), object);
    return { step, result: 'done', object };
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return { step, result: 'changed', message: `${step.name}: somebody created it meanwhile` };
  }
}

/** The version that was looked at is the precondition; when it is gone, the step is made again from what is there now. */
async function apply(step: Step, execution: Execution): Promise<Outcome> {
  let current = step;
  for (let round = 0; ; round++) {
    const { desired, live } = current.inspection as Inspection;
    try {
      const object = await write(current, execution);
      execution.written.note(desired.kind as Kind, keyOf(object), object);
      return { step, result: 'done', object };
    } catch (error) {
      if ((!isConflict(error) && !isNotFound(error)) || round > 4) throw error;
      const again = await makeAgain(current, execution);
      if (again.digest !== step.digest) return { step, result: 'changed', message: differenceText(step.name, again) };
      if (again.send === 'nothing') return { step, result: 'done', ...(live === undefined ? {} : { object: live }) };
      current = again;
    }
  }
}

/** One apply; where only the owners of fields differ, only they are written. */
async function write(step: Step, execution: Execution): Promise<KubeObject> {
  const { cluster } = execution.target;
  const inspection = step.inspection as Inspection;
  const { desired, live, prediction } = inspection;
  const kind = desired.kind as Kind;
  const owners = prediction?.predicted?.metadata.managedFields;
  if (step.send === 'own' && live !== undefined && owners !== undefined && isOurs(live, execution.inspect.application)) {
    return writeEntries(cluster, kind, live, owners);
  }
  const sent = prediction?.sent ?? desired.object;
  const version = await inheritedVersion(inspection, kind, execution);
  const metadata = version === undefined ? sent.metadata : { ...sent.metadata, resourceVersion: version };
  return cluster.apply(kind, { ...sent, metadata }, { fieldManager, force: true });
}

/** The version to apply to: that of the live object, after fields of former managers were handed to us where there are such. */
async function inheritedVersion({ live, prediction }: Inspection, kind: Kind, execution: Execution): Promise<string | undefined> {
  const inherits = prediction?.inherits;
  if (live === undefined || inherits === undefined) return live?.metadata.resourceVersion;
  const entries = inheritedEntries(live, ownershipOf(live, execution.predict.tracking));
  return (await takeOver(execution.target.cluster, kind, live, { entries, inherits })).metadata.resourceVersion;
}

/** The same step, from the object as the server has it now. */
async function makeAgain(step: Step, execution: Execution): Promise<Step> {
  const { desired } = step.inspection as Inspection;
  const live = await readNow(execution.target.cluster, desired.kind as Kind, desired.ref);
  const inspection = await inspectOne(execution.target, { desired, live, ground: true }, { ...execution, memo: false });
  const [again] = plan({ ...execution.findings, inspections: [inspection], candidates: [], prune: false });
  return again as Step;
}

async function recreate(step: Step, execution: Execution): Promise<Outcome> {
  const { desired, live } = step.inspection as Inspection;
  const kind = desired.kind as Kind;
  const uid = live?.metadata.uid;
  try {
    await execution.target.cluster.delete(kind, desired.ref, { propagation: 'Background', ...(uid === undefined ? {} : { uid }) });
  } catch (error) {
    // gone already, or another object of that name: both are seen below
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
  const backoff = new Backoff({ firstMs: 50, maxMs: 1000 });
  for (;;) {
    const now = await readNow(execution.target.cluster, kind, desired.ref);
    if (now === undefined) break;
    if (now.metadata.uid !== uid) return { step, result: 'changed', message: `${step.name}: somebody created it meanwhile` };
    if (backoff.failures('') > 30)
      return { step, result: 'failed', message: `${step.name}: it is being deleted and does not go`, forGood: false };
    await execution.clock.sleep(backoff.nextMs(''), { signal: execution.signal });
  }
  execution.written.note(kind, desired.ref, undefined);
  return create(step, execution);
}

async function remove(step: Step, execution: Execution): Promise<Outcome> {
  const kind = step.prune?.kind;
  if (kind === undefined) return { step, result: 'done' };
  const { cluster } = execution.target;
  const live = await readNow(cluster, kind, step.ref);
  if (live === undefined || live.metadata.deletionTimestamp !== undefined) return { step, result: 'done' };
  if (live.metadata.uid !== step.uid) return { step, result: 'changed', message: `${step.name}: it is another object of that name now` };
  if (!isOurs(live, execution.inspect.application))
    return { step, result: 'changed', message: `${step.name}: it belongs to somebody else now` };
  try {
    await cluster.delete(kind, step.ref, { uid: step.uid, propagation: 'Background' });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return { step, result: 'done' };
}
