import { expect } from 'vitest';
import { fieldsOf, type Conformance, type Fields, type Live, type Resource } from './client.ts';

/** What a container of a template does, by the annotations of the simulated runtime without their prefix. */
export type Script = Readonly<Record<string, string>>;

export function template(name: string, options: { image?: string; script?: Script; spec?: Fields } = {}): Fields {
  const { image = 'httpd:2.4', script = {}, spec = {} } = options;
  const annotations = Object.fromEntries(Object.entries(script).map(([what, how]) => [`simulated.steersman.dev/${what}`, how]));
  return {
    metadata: { labels: { name }, annotations },
    spec: { containers: [{ name: 'main', image }], terminationGracePeriodSeconds: 0, ...spec },
  };
}
export function pod(name: string, options: { labels?: Fields; script?: Script; spec?: Fields } = {}): Live {
  const { metadata, spec } = template(name, options);
  const labels = { name, ...options.labels };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...(metadata as Fields), name, labels }, spec } as Live;
}
export function replicaSet(name: string, replicas: number, more: { spec?: Fields; metadata?: Fields } = {}): Live {
  const spec = { replicas, selector: { matchLabels: { name } }, template: template(name), ...more.spec };
  return { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name, labels: { name }, ...more.metadata }, spec } as Live;
}
export function deployment(name: string, replicas: number, spec: Fields = {}): Live {
  return { ...replicaSet(name, replicas, { spec }), kind: 'Deployment' };
}
export function job(name: string, spec: Fields, script: Script = {}): Live {
  const { metadata, spec: podSpec } = template(name, { script, spec: { restartPolicy: 'Never' } });
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: { template: { metadata, spec: podSpec }, ...spec },
  } as unknown as Live;
}
/** Waits until the status says what is wanted. */
export async function untilStatus(plane: Conformance, of: Resource, name: string, wanted: Fields): Promise<Live> {
  await plane.until(async () => {
    const status = fieldsOf(await of.get(name), 'status');
    return Object.entries(wanted).every(([field, value]) => status[field] === value);
  });
  return of.get(name);
}
/** Waits until a Deployment says that all its pods are new and there. */
export async function untilComplete(plane: Conformance, of: Resource, name: string): Promise<Live> {
  await plane.until(async () => {
    const { metadata, spec, status } = await of.get(name);
    const { replicas } = spec as { replicas: number };
    const is = (status ?? {}) as Record<string, number>;
    return (
      is['observedGeneration'] === metadata.generation &&
      [is['updatedReplicas'], is['availableReplicas'], is['replicas']].every((each) => each === replicas)
    );
  });
  return of.get(name);
}
/** Waits until so many pods of a name's label are running, and none else. */
export async function untilRunning(plane: Conformance, pods: Resource, name: string, count: number): Promise<readonly Live[]> {
  const read = async () => (await pods.list({ labelSelector: `name=${name}` })).items;
  await plane.until(async () => {
    const items = await read();
    return items.length === count && items.every(({ status }) => (status as Fields)['phase'] === 'Running');
  });
  return read();
}
export function conditionOf(object: Live, type: string): Fields | undefined {
  return ((fieldsOf(object, 'status')['conditions'] ?? []) as Fields[]).find((each) => each['type'] === type);
}
/** The scale subresource says `from`; an update and a patch of it change the replicas that the object asks for. */
export async function expectScale(of: Resource, name: string, from: number): Promise<void> {
  const scale = await of.get(name, 'scale');
  expect(scale).toMatchObject({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name }, spec: { replicas: from } });
  const updated = await of.update({ ...scale, spec: { replicas: from + 1 } }, 'scale');
  expect(updated.spec).toEqual({ replicas: from + 1 });
  expect(await of.get(name)).toMatchObject({ spec: { replicas: from + 1 } });
  const patched = await of.patch(name, { spec: { replicas: from + 3 } }, { subresource: 'scale' });
  expect(patched.spec).toEqual({ replicas: from + 3 });
  expect(await of.get(name)).toMatchObject({ spec: { replicas: from + 3 } });
}
