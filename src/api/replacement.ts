import { parseTime } from '../base/clock.ts';

/** On a pod template: after so many restarts that do not help, the pod is evicted so that another takes its place. */
export const replaceAfterAnnotation = 'steersman.dev/replace-after-restarts';
/** On whoever controls such pods: nodes that new ones should rather not come to, and until when: `node-1=2026-01-01T00:00:00Z,...`. */
export const avoidNodesAnnotation = 'steersman.dev/avoid-nodes';

/** Undefined where nobody asked for it, or for something that is no number of restarts. */
export function replaceAfter(annotations: Readonly<Record<string, string>> | undefined): number | undefined {
  const text = annotations?.[replaceAfterAnnotation] ?? '';
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

/** The nodes that are to be avoided now, with the end of that in milliseconds since the epoch. */
export function nodesToAvoid(annotations: Readonly<Record<string, string>> | undefined, now: number): ReadonlyMap<string, number> {
  const out = new Map<string, number>();
  for (const entry of (annotations?.[avoidNodesAnnotation] ?? '').split(',')) {
    const [node = '', until] = entry.split('=');
    const end = parseTime(until);
    if (node !== '' && end !== undefined && end > now) out.set(node, end);
  }
  return out;
}
