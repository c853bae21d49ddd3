import type { KubeObject } from '../../api/object.ts';
import { degraded, failedForGood, healthy, progressing, textAt, type Health } from './status.ts';

export function claimHealth(object: KubeObject): Health {
  const phase = textAt(object, ['status', 'phase']);
  if (phase === 'Bound') return healthy('bound');
  if (phase === 'Lost') return failedForGood('lost: its volume is gone');
  return progressing(phase === '' ? 'not seen yet' : 'waits for a volume');
}

export function volumeHealth(object: KubeObject): Health {
  const phase = textAt(object, ['status', 'phase']);
  if (phase === 'Failed') return degraded(textAt(object, ['status', 'message']) || 'failed');
  return phase === 'Pending' || phase === '' ? progressing('pending') : healthy(phase.toLowerCase());
}
