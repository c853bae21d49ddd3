import type { Container, PodSpec, PodTemplateSpec } from '../../api/kinds.generated.ts';
import { parseQuantity } from '../../api/quantity.ts';

/** What is allowed and yet surely not meant (kubernetes v1.35, pkg/api/pod/warnings.go). */
export function podWarnings(spec: PodSpec, path: string): string[] {
  const warnings: string[] = [];
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) {
      const at = `${path}.${list}[${index}]`;
      warnings.push(...environmentWarnings(container, at), ...portWarnings(container, at), ...amountWarnings(container, at));
    }
  }
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    warnings.push(`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`);
  }
  return warnings;
}
export function templateWarnings(template: PodTemplateSpec | undefined): string[] {
  return template?.spec === undefined ? [] : podWarnings(template.spec, 'spec.template.spec');
}

function environmentWarnings({ env = [] }: Container, at: string): string[] {
  const values = new Map<string, number>();
  return env.flatMap(({ name, value }, index) => {
    const hidden = values.has(name);
    values.set(name, index);
    // A value may be built from the one that it hides.
    if (!hidden || value?.includes(`$(${name})`) === true) return [];
    return [`${at}.env[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`];
  });
}
function portWarnings({ ports = [] }: Container, at: string): string[] {
  const seen = new Map<string, number>();
  return ports.flatMap(({ containerPort, protocol = 'TCP', hostPort = 0, hostIP = '' }, index) => {
    const port = `${containerPort}/${protocol}/${hostPort}/${hostIP}`;
    const before = seen.get(port);
    if (before === undefined) seen.set(port, index);
    return before === undefined ? [] : [`${at}.ports[${index}]: duplicate port definition with ${at}.ports[${before}]`];
  });
}
function amountWarnings({ resources }: Container, at: string): string[] {
  return (['limits', 'requests'] as const).flatMap((field) =>
    ['memory', 'ephemeral-storage'].flatMap((name) => {
      const amount = resources?.[field]?.[name];
      if (amount === undefined || parseQuantity(amount).nano % 1_000_000_000n === 0n) return [];
      return [`${at}.resources.${field}[${name}]: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`];
    }),
  );
}
