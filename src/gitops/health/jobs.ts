import type { KubeObject } from '../../api/object.ts';
import { valueAt } from '../../base/json.ts';
import { podsText } from './pods.ts';
import {
  conditionOf,
  conditionText,
  failedForGood,
  healthy,
  numberAt,
  progressing,
  suspended,
  type Health,
  type HealthOptions,
} from './status.ts';

/** Healthy when complete, unlike kstatus, for which a running Job is current. */
export function jobHealth(object: KubeObject, options: HealthOptions): Health {
  const failed = conditionOf(object, 'Failed');
  if (failed?.status === 'True') return failedForGood(`${conditionText(failed)}${podsText(options.pods)}`);
  if (conditionOf(object, 'Complete')?.status === 'True') return healthy('complete');
  if (conditionOf(object, 'Suspended')?.status === 'True' || valueAt(object, ['spec', 'suspend']) === true) return suspended('suspended');
  const count = (name: string) => numberAt(object, ['status', name], 0);
  const wanted = numberAt(object, ['spec', 'completions'], 1);
  const failures = count('failed') > 0 ? `, ${count('failed')} failed` : '';
  return progressing(`${count('succeeded')} of ${wanted} completions, ${count('active')} active${failures}${podsText(options.pods)}`);
}

export function cronJobHealth(object: KubeObject): Health {
  return valueAt(object, ['spec', 'suspend']) === true ? suspended('suspended') : healthy('scheduled');
}
