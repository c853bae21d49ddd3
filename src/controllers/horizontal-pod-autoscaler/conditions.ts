import type { HorizontalPodAutoscalerCondition } from '../../api/kinds.generated.ts';
import { withCondition } from '../../api/condition.ts';

/** The conditions of an autoscaler while they are worked on. */
export class Conditions {
  readonly #time: string;
  all: readonly HorizontalPodAutoscalerCondition[];

  constructor(conditions: readonly HorizontalPodAutoscalerCondition[] | undefined, time: string) {
    this.all = conditions ?? [];
    this.#time = time;
  }

  set(type: 'AbleToScale' | 'ScalingActive' | 'ScalingLimited', status: 'True' | 'False', why: { reason: string; message: string }): void {
    this.all = withCondition(this.all, { type, status, ...why }, this.#time);
  }
}
