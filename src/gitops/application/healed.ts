import type { Application } from '../../api/kinds.generated.ts';
import type { Finding } from '../../api/plan.ts';
import type { Step } from '../plan.ts';
import type { Surroundings } from './surroundings.ts';

/** What somebody changed of what was applied. */
export function driftOf(step: Step): Finding | undefined {
  return step.findings?.find((finding) => finding.kind === 'drift');
}

/** The Event of a drift that was healed; a step without a drift finding made a deleted object anew. */
export function sayHealed(around: Surroundings, application: Readonly<Application>, step: Step): void {
  const finding = driftOf(step);
  const what = finding === undefined ? `${step.name} was deleted; it is made again` : `${step.name}: ${finding.message}; it is set back`;
  around.context.event(application, 'Normal', 'DriftHealed', what);
  around.context.log.info('drift healed', { object: step.name, writer: finding?.writer });
}
