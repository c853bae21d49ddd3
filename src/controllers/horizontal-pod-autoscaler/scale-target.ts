import { splitApiVersion, type Kind, type KubeObject } from '../../api/object.ts';
import type { HorizontalPodAutoscaler } from '../../api/kinds.generated.ts';
import type { Context } from '../../reconcile/controller.ts';

/** As every kind with copies shows it (autoscaling/v1). */
export interface Scale extends KubeObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number; readonly selector?: string };
}
export interface ScaleTarget {
  readonly kind: Kind<Scale>;
  readonly scale: Readonly<Scale>;
}

/** The scale of what an autoscaler names, in whatever version its kind is served. @throws Error where there is none */
export async function scaleOf(context: Context, { metadata, spec }: HorizontalPodAutoscaler): Promise<ScaleTarget> {
  const { apiVersion = 'v1', kind: name } = spec.scaleTargetRef;
  const found = (await context.cluster.kindOf({ apiVersion, kind: name })) ?? (await sameGroup(context, apiVersion, name));
  if (found === undefined) throw new Error(`no matches for kind "${name}" in group "${splitApiVersion(apiVersion).group}"`);
  // Asked for the subresource, an object of any kind shows its scale.
  const kind = found as Kind<Scale>;
  const key = { namespace: metadata.namespace ?? '', name: spec.scaleTargetRef.name };
  return { kind, scale: await context.cluster.get(kind, key, { subresource: 'scale' }) };
}

async function sameGroup(context: Context, apiVersion: string, name: string): Promise<Kind | undefined> {
  const { group } = splitApiVersion(apiVersion);
  return (await context.cluster.kinds()).find((each) => each.kind === name && each.group === group);
}

/** Asks for so many copies, unless somebody has changed it meanwhile. @throws StatusError */
export async function rescale(context: Context, { kind, scale }: ScaleTarget, replicas: number): Promise<void> {
  await context.cluster.update(kind, { ...scale, spec: { ...scale.spec, replicas } }, { subresource: 'scale' });
}
