import type { KubeObject } from '../../api/object.ts';
import { degraded, failedForGood, healthy, progressing, textAt, type Health, type HealthOptions } from './status.ts';

/** A claim that waits for its first pod is well: the pod may come in a later wave, which would otherwise never come. */
export function claimHealth(object: KubeObject, options: HealthOptions): Health {
  const phase = textAt(object, ['status', 'phase']);
  if (phase === 'Bound') return healthy('bound');
  if (phase === 'Lost') return failedForGood('lost: its volume is gone');
  const chosen = textAt(object, ['metadata', 'annotations', 'volume.kubernetes.io/selected-node']);
  if (phase === 'Pending' && options.waitsForPod === true && chosen === '') return healthy('waits for its first pod');
  return progressing(phase === '' ? 'not seen yet' : 'waits for a volume');
}

export function volumeHealth(object: KubeObject): Health {
  const phase = textAt(object, ['status', 'phase']);
  if (phase === 'Failed') return degraded(textAt(object, ['status', 'message']) || 'failed');
  return phase === 'Pending' || phase === '' ? progressing('pending') : healthy(phase.toLowerCase());
}
