import type { KubeObject } from '../../api/object.ts';
import type { Mirror } from '../mirror.ts';
import type { AdmissionPlugin } from './index.ts';
import { concerns } from './refusal.ts';

/** A claim that names no class, not even '', gets the default one (kubernetes, plugin DefaultStorageClass). */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  mutate: (attempt) => {
    if (attempt.operation !== 'create' || !concerns(attempt, '', 'persistentvolumeclaims')) return;
    const { spec, metadata } = attempt.object as KubeObject & { spec?: { storageClassName?: string } };
    if (spec === undefined || spec.storageClassName !== undefined) return;
    if (metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined) return;
    const marks = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
    const found = newestMarked(attempt.call.server.policies.storageClasses, marks);
    if (found !== undefined) spec.storageClassName = found;
  },
};

/** An Ingress that names no class gets the default one (kubernetes, plugin DefaultIngressClass). */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  mutate: (attempt) => {
    if (attempt.operation !== 'create' || !concerns(attempt, 'networking.k8s.io', 'ingresses')) return;
    const { spec, metadata } = attempt.object as KubeObject & { spec?: { ingressClassName?: string } };
    if (spec === undefined || spec.ingressClassName !== undefined) return;
    if (metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return;
    const found = newestMarked(attempt.call.server.policies.ingressClasses, ['ingressclass.kubernetes.io/is-default-class']);
    if (found !== undefined) spec.ingressClassName = found;
  },
};

/** The name of the newest class that an annotation marks as the default; of those made in one second, the first by name. */
function newestMarked(classes: Mirror<KubeObject>, marks: readonly string[]): string | undefined {
  const marked = [...(classes.in('')?.values() ?? [])].filter(({ metadata }) =>
    marks.some((mark) => metadata.annotations?.[mark] === 'true'),
  );
  marked.sort(({ metadata: a }, { metadata: b }) => {
    const [x, y] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
    return x === y ? (a.name < b.name ? -1 : 1) : x > y ? -1 : 1;
  });
  return marked[0]?.metadata.name;
}
