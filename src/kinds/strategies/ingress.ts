import { Ingress } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { jsonEqual } from '../../base/json.ts';
import { ageCell } from '../cells.ts';
import { invalidValue } from '../field-errors.ts';
import { loadBalancerErrors } from '../load-balancer.ts';
import { ingressErrors } from '../network/ingress.ts';
import type { KindRules } from '../rules.ts';

const classAnnotation = 'kubernetes.io/ingress.class';

export const ingress: KindRules<Ingress> = {
  kind: Ingress,
  complete: true,
  defaults: (object) => {
    object.spec ??= {};
  },
  validate: (object, old) => {
    const errors = [...ingressErrors(object, old), ...statusErrors(object, old)];
    const annotation = object.metadata.annotations?.[classAnnotation];
    const name = object.spec?.ingressClassName;
    if (old !== undefined || annotation === undefined || name === undefined || annotation === name) return errors;
    return [...errors, invalidValue(`annotations.${classAnnotation}`, annotation, 'must match `ingressClassName` when both are specified')];
  },
  warnings: ({ metadata }, old) =>
    old === undefined && metadata.annotations?.[classAnnotation] !== undefined
      ? [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec?.ingressClassName ?? metadata.annotations?.[classAnnotation] ?? '<none>',
    hostsCell((spec?.rules ?? []).map(({ host }) => host ?? '')),
    (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').join(','),
    (spec?.tls ?? []).length > 0 ? '80, 443' : '80',
    ageCell(metadata.creationTimestamp, now),
  ],
};

/** The status is written apart, so it is looked at when it changes. */
function statusErrors({ status }: Ingress, old: Ingress | undefined): FieldError[] {
  const balancer = status?.loadBalancer;
  if (balancer === undefined || jsonEqual(balancer, old?.status?.loadBalancer)) return [];
  return loadBalancerErrors(balancer, 'status.loadBalancer', 'Ingress');
}
function hostsCell(hosts: readonly string[]): string {
  const named = hosts.filter((host) => host !== '');
  if (named.length === 0) return '*';
  return named.length <= 3 ? named.join(',') : `${named.slice(0, 3).join(',')} + ${named.length - 3} more...`;
}
