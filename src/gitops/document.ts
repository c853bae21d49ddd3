import type { ObjectKey } from '../api/object.ts';
import type { Plan, PlanSource, PlanStep } from '../api/plan.ts';
import { fieldChanges } from './changes.ts';
import { planIdOf } from './plan-id.ts';
import { summaryOf, type Step } from './plan.ts';

export interface DocumentParts {
  readonly application: ObjectKey;
  readonly destination: { readonly context?: string };
  readonly source: PlanSource;
  readonly base?: PlanSource;
  readonly steps: readonly Step[];
  readonly holds: readonly string[];
  readonly notes: readonly string[];
}

/** The plan as a file: what people review and `steer apply` reads. Holds no value of a Secret. */
export function planDocument(parts: DocumentParts): Plan {
  const { application, destination, source, base, steps, holds, notes } = parts;
  return {
    apiVersion: 'steersman.dev/v1',
    kind: 'Plan',
    planId: planIdOf(application, destination, steps),
    application: { namespace: application.namespace, name: application.name },
    destination,
    source,
    ...(base === undefined ? {} : { base }),
    summary: summaryOf(steps),
    steps: steps.map(documentStep),
    holds,
    notes,
  };
}

function documentStep(step: Step): PlanStep {
  const { action, ref, phase, wave, patch, uid, digest, basis, origin, why, findings, inspection } = step;
  const { pair } = inspection ?? {};
  const changes = patch.length > 0 && pair?.live !== undefined ? fieldChanges(pair.live, pair.predicted, inspection?.shape) : [];
  return {
    action,
    ref: { group: ref.group, kind: ref.kind, namespace: ref.namespace, name: ref.name },
    phase,
    wave,
    patch,
    ...(changes.length === 0 ? {} : { changes }),
    uid,
    digest,
    basis,
    ...(origin === undefined ? {} : { origin }),
    ...(why === undefined ? {} : { why }),
    ...(findings === undefined ? {} : { findings }),
  };
}
