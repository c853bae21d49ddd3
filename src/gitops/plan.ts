import type { Operation } from 'fast-json-patch';
import { refText, type Kind, type KubeObject, type ObjectRef } from '../api/object.ts';
import type { Action, Finding, PlanStep, PlanSummary } from '../api/plan.ts';
import { jsonEqual } from '../base/json.ts';
import { exclusiveClaims } from './exclusive.ts';
import { fieldsOf } from './fields.ts';
import { findingsOf, isOurs, type FindingOptions } from './findings.ts';
import type { Inspection, InspectionMemo } from './inspect.ts';
import { planPair } from './mask.ts';
import { keptBy } from './kept.ts';
import { pruneOrderOf } from './order.ts';
import { planPatch } from './patch-planner.ts';
import { stepDigest } from './plan-id.ts';
import { isHook } from './predict.ts';
import { annotationOf, annotations, applicationLabel, fieldManager, labelOf } from './tracking.ts';
import { whyOf } from './why.ts';

/**
 * How a step reaches the cluster. `own`: a write that only says whose the fields are (mark, managedFields); nothing a person would
 * call a change, so the action is `unchanged`.
 */
export type Send = 'nothing' | 'create' | 'apply' | 'own' | 'recreate' | 'delete';

/** A step with what executing it needs. */
export interface Step extends PlanStep {
  /** `refText` of the ref. */
  readonly name: string;
  readonly send: Send;
  /** Steps of one group may run at the same time; groups in rising order. */
  readonly group: number;
  readonly inspection?: Inspection;
  readonly prune?: PruneCandidate;
}
/** An object of the inventory that is not desired any more. */
export interface PruneCandidate {
  readonly ref: ObjectRef;
  /** Undefined when its kind is not served any more. */
  readonly kind: Kind | undefined;
  readonly live: KubeObject | undefined;
  /** What was applied. */
  readonly object: KubeObject;
  /** The application that desires it now, if one is known to: then it is left to that one. */
  readonly wantedBy?: string;
}
export interface PlanInput extends FindingOptions {
  readonly inspections: readonly Inspection[];
  readonly candidates: readonly PruneCandidate[];
  /** False: what left the source stays. */
  readonly prune: boolean;
}

/**
 * Pure: the same findings and the same inventory always give the same steps in the same order: what is desired as `orderOf` says,
 * then what is pruned, backwards. An old object goes before the new one where both need the same exclusive thing.
 */
export function plan(input: PlanInput): readonly Step[] {
  const steps = input.inspections.map((inspection) => desiredStep(inspection, input));
  const last = steps.reduce((group, step) => Math.max(group, step.group), -1);
  const prunes = pruneSteps(input, last + 1);
  return moveFirst(steps, prunes);
}

function desiredStep(inspection: Inspection, input: PlanInput): Step {
  const { desired, live, settled } = inspection;
  const base = {
    ref: desired.ref,
    name: desired.name,
    phase: desired.phase,
    wave: desired.wave,
    group: desired.group,
    uid: live?.metadata.uid ?? '',
    origin: desired.manifest.origin,
    basis: inspection.prediction?.basis ?? ('dryRun' as const),
    inspection,
  };
  const nothing = (action: Action, why: string): Step => {
    const digest = idleDigest(desired, action);
    return { ...base, action, patch: [], digest, send: 'nothing', ...(why === '' ? {} : { why }) };
  };
  if (settled !== undefined) return nothing('unchanged', settled);
  if (desired.phase === 'SyncFail') return nothing('skip', 'runs only when the sync fails');
  const findings = findingsOf(inspection, input);
  const { action, patch, send } = movement(inspection, findings);
  const why = whyOf(inspection, { action, patch, findings });
  return {
    ...base,
    action,
    patch,
    send,
    digest: stepDigest(action, desired.ref, patch),
    ...(why === '' ? {} : { why }),
    ...(findings.length === 0 ? {} : { findings }),
  };
}

/** Of steps that do nothing, kept by the object: a thousand of them are made for every commit. */
const idleDigests = new WeakMap<KubeObject, Map<Action, string>>();
function idleDigest({ object, ref }: Inspection['desired'], action: Action): string {
  const known = idleDigests.get(object) ?? new Map<Action, string>();
  idleDigests.set(object, known);
  const digest = known.get(action) ?? stepDigest(action, ref, []);
  known.set(action, digest);
  return digest;
}

interface Movement {
  readonly action: Action;
  readonly patch: readonly Operation[];
  readonly send: Send;
}
function movement(inspection: Inspection, findings: readonly Finding[]): Movement {
  const { desired, live, prediction, pair } = inspection;
  const blocked = findings.some((finding) => finding.blocks);
  if (pair === undefined) return blocked || prediction?.failure === undefined ? stopped([]) : recreate(inspection);
  if (live === undefined) {
    const patch = planPatch(desired.name, undefined, pair.predicted, undefined);
    return blocked ? stopped(patch) : { action: 'create', patch, send: 'create' };
  }
  if (isHook(desired)) return blocked ? stopped([]) : recreate(inspection);
  const patch = planPatch(desired.name, pair.live, pair.predicted, inspection.shape);
  if (blocked) return stopped(patch);
  if (patch.length > 0) return { action: 'configure', patch, send: 'apply' };
  const settled = prediction?.inherits === undefined && ownsAlready(live, prediction?.predicted);
  return { action: 'unchanged', patch, send: settled ? 'nothing' : 'own' };
}
function stopped(patch: readonly Operation[]): Movement {
  return { action: 'blocked', patch, send: 'nothing' };
}

/** Deleted and made anew: the patch replaces the whole object by what the manifest says. */
function recreate({ desired, prediction, live }: Inspection): Movement {
  const { predicted } = planPair(undefined, prediction?.sent ?? desired.object, desired.manifest.blob);
  return { action: 'recreate', patch: [{ op: 'replace', path: '', value: predicted }], send: live === undefined ? 'create' : 'recreate' };
}

/** The mark is there, and the fields that we would own are those that we own. */
function ownsAlready(live: KubeObject, predicted: KubeObject | undefined): boolean {
  if (predicted === undefined || labelOf(live, applicationLabel) !== labelOf(predicted, applicationLabel)) return false;
  return jsonEqual(fieldsOf(live, fieldManager), fieldsOf(predicted, fieldManager));
}

/** What leaves, backwards through the order in which it was applied. */
function pruneSteps(input: PlanInput, firstGroup: number): Step[] {
  const present = input.candidates.filter((candidate) => candidate.live !== undefined);
  const { groups } = pruneOrderOf(present);
  return groups.flatMap((group, index) => group.items.map((candidate) => pruneStep(candidate, input, firstGroup + index)));
}

function pruneStep(candidate: PruneCandidate, input: PlanInput, group: number): Step {
  const live = candidate.live as KubeObject;
  const kept = keptBecause(candidate, live, input);
  const action: Action = kept === undefined ? 'prune' : 'skip';
  const patch: Operation[] = kept === undefined ? [{ op: 'remove', path: '' }] : [];
  return {
    action,
    ref: candidate.ref,
    name: refText(candidate.ref),
    phase: 'Sync',
    wave: 0,
    group,
    patch,
    uid: live.metadata.uid ?? '',
    digest: stepDigest(action, candidate.ref, patch),
    basis: 'dryRun',
    why: kept ?? 'no longer in the source',
    send: kept === undefined ? 'delete' : 'nothing',
    prune: candidate,
  };
}

function keptBecause(candidate: PruneCandidate, live: KubeObject, input: PlanInput): string | undefined {
  if (candidate.wantedBy !== undefined) return `moves to application ${candidate.wantedBy}`;
  if (!isOurs(live, input.application)) {
    const other = labelOf(live, applicationLabel);
    return other === undefined ? 'somebody took it from this application' : `belongs to application ${other} now`;
  }
  // What the live object says itself counts more than what was applied once.
  const never = keptBy(live) ?? (annotationOf(live, annotations.prune) === undefined ? keptBy(candidate.object) : undefined);
  if (never !== undefined) return `left there, as ${never} says`;
  return input.prune ? undefined : 'left there: pruning is switched off';
}

/** Puts a deletion before the object that needs what it holds; the rest stays at the end. */
function moveFirst(steps: readonly Step[], prunes: readonly Step[]): Step[] {
  const holders = new Map<string, Step>();
  for (const step of prunes) {
    if (step.send === 'delete') for (const claim of exclusiveClaims(step.prune?.live as KubeObject)) holders.set(claim, step);
  }
  if (holders.size === 0) return [...steps, ...prunes];
  const early = new Set<string>();
  const out: Step[] = [];
  for (const step of steps) {
    if (step.send === 'create' || step.send === 'apply') {
      for (const claim of exclusiveClaims(step.inspection?.desired.object as KubeObject)) {
        const holder = holders.get(claim);
        if (holder === undefined || early.has(holder.name)) continue;
        early.add(holder.name);
        const message = `goes before ${step.name}, which needs the same ${claim}`;
        const finding: Finding = { kind: 'exclusive', message, blocks: false };
        out.push({
          ...holder,
          why: `no longer in the source; ${message}`,
          phase: step.phase,
          wave: step.wave,
          group: step.group,
          findings: [finding],
        });
      }
    }
    out.push(step);
  }
  return [...out, ...prunes.filter((step) => !early.has(step.name))];
}

/** Counts by action. */
export function summaryOf(steps: readonly PlanStep[]): PlanSummary {
  const summary = { create: 0, configure: 0, recreate: 0, unchanged: 0, prune: 0, skip: 0, blocked: 0 };
  for (const step of steps) summary[step.action]++;
  return summary;
}

/** Which objects may be taken over without asking: all where the application says so, else those whose manifest does. */
export function adopting(all: boolean): (step: Step) => boolean {
  return (step) => {
    const manifest = step.inspection?.desired.object;
    return all || (manifest !== undefined && annotationOf(manifest, annotations.adopt) === 'true');
  };
}

/** Remembers the steps that change nothing, so that the next inspection need not ask for them while nothing changes. */
export function noteSettled(memo: InspectionMemo, steps: readonly Step[]): void {
  for (const { action, send, findings, inspection } of steps) {
    if (action !== 'unchanged' || send !== 'nothing' || inspection?.live === undefined) continue;
    if (inspection.settled === undefined && findings === undefined) memo.note(inspection.desired, inspection.live);
  }
}
