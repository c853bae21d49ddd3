import type { AdmissionPlugin } from './index.ts';
import { newPod } from './refusal.ts';

/** Pods that ask for a device tolerate the taint of its name (kubernetes, plugin ExtendedResourceToleration; off by default). */
export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  mutate: (attempt) => {
    const spec = newPod(attempt)?.spec;
    if (spec === undefined) return;
    const containers = [...spec.containers, ...(spec.initContainers ?? [])];
    const names = new Set(containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {}).filter(isExtendedResource)));
    const had = spec.tolerations ?? [];
    const missing = [...names]
      .sort()
      .filter((key) => !had.some((one) => one.key === key && one.operator === 'Exists' && one.effect === 'NoSchedule'));
    if (missing.length === 0) return;
    spec.tolerations = [...had, ...missing.map((key) => ({ key, operator: 'Exists' as const, effect: 'NoSchedule' as const }))];
  },
};

/** `example.com/gpu`, but nothing of kubernetes.io itself. */
export function isExtendedResource(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');
}
