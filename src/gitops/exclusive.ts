import type { KubeObject } from '../api/object.ts';
import { isRecord, valueAt } from '../base/json.ts';
import { podSpecPath } from './references.ts';

/** Things of which a cluster has one each, as an object claims them: `node port 30080`, `Ingress host a.example path /`. */
export function exclusiveClaims(object: KubeObject): string[] {
  const out: string[] = [];
  if (object.kind === 'Service') {
    for (const port of records(object, ['spec', 'ports'])) {
      if (typeof port['nodePort'] === 'number') out.push(`node port ${port['nodePort']}/${String(port['protocol'] ?? 'TCP')}`);
    }
    const address = valueAt(object, ['spec', 'clusterIP']);
    if (typeof address === 'string' && address !== '' && address !== 'None') out.push(`cluster IP ${address}`);
  }
  if (object.kind === 'Ingress') {
    for (const rule of records(object, ['spec', 'rules'])) {
      for (const path of records(rule, ['http', 'paths']))
        out.push(`Ingress host ${String(rule['host'] ?? '*')} path ${String(path['path'] ?? '/')}`);
    }
  }
  return [...out, ...podClaims(object)];
}

function podClaims(object: KubeObject): string[] {
  const path = podSpecPath(object.kind);
  const spec = path === undefined ? undefined : valueAt(object, path);
  const out: string[] = [];
  for (const container of records(spec, ['containers'])) {
    for (const port of records(container, ['ports'])) {
      if (typeof port['hostPort'] === 'number') out.push(`host port ${port['hostPort']}/${String(port['protocol'] ?? 'TCP')}`);
    }
  }
  for (const volume of records(spec, ['volumes'])) {
    const claim = valueAt(volume, ['persistentVolumeClaim', 'claimName']);
    const readOnly = valueAt(volume, ['persistentVolumeClaim', 'readOnly']) === true;
    if (typeof claim === 'string' && !readOnly) out.push(`volume ${object.metadata.namespace ?? ''}/${claim}`);
  }
  return out;
}

function records(value: unknown, path: readonly string[]): Record<string, unknown>[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found.filter(isRecord) : [];
}
