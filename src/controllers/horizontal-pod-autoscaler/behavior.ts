import type { HorizontalPodAutoscaler, HPAScalingRules } from '../../api/kinds.generated.ts';
import { milliValue } from '../../api/quantity.ts';
import { defaultTolerance, type Tolerance } from './usage.ts';

/** How fast a target may be scaled in one direction, with upstream's defaults. */
export interface Rules {
  readonly windowMs: number;
  readonly select: string;
  readonly policies: readonly { readonly type: string; readonly value: number; readonly periodMs: number }[];
}
export interface Behavior {
  /** The autoscaler says nothing about it: the rules of old hold, which differ a little. */
  readonly plain: boolean;
  readonly up: Rules;
  readonly down: Rules;
}

export function behaviorOf({ spec }: HorizontalPodAutoscaler): Behavior {
  return {
    plain: spec.behavior === undefined,
    up: rulesOf(spec.behavior?.scaleUp, {
      windowMs: 0,
      policies: [
        { type: 'Pods', value: 4, periodMs: 15_000 },
        { type: 'Percent', value: 100, periodMs: 15_000 },
      ],
    }),
    down: rulesOf(spec.behavior?.scaleDown, { windowMs: 300_000, policies: [{ type: 'Percent', value: 100, periodMs: 15_000 }] }),
  };
}

function rulesOf(rules: HPAScalingRules | undefined, defaults: Pick<Rules, 'windowMs' | 'policies'>): Rules {
  const seconds = rules?.stabilizationWindowSeconds;
  const policies = rules?.policies?.map(({ type, value, periodSeconds }) => ({ type, value, periodMs: periodSeconds * 1000 }));
  return {
    windowMs: seconds === undefined ? defaults.windowMs : seconds * 1000,
    select: rules?.selectPolicy ?? 'Max',
    policies: policies ?? defaults.policies,
  };
}

export function toleranceOf({ spec }: HorizontalPodAutoscaler): Tolerance {
  const share = (rules: HPAScalingRules | undefined): number =>
    rules?.tolerance === undefined ? defaultTolerance : milliValue(rules.tolerance) / 1000;
  return { down: share(spec.behavior?.scaleDown), up: share(spec.behavior?.scaleUp) };
}
