import type { KubeObject } from '../api/object.ts';
import { recordsAt, valueAt } from '../base/json.ts';
import { podSpecPath } from './references.ts';

/** Things of which a cluster has one each, as an object claims them: `node port 30080`, `Ingress host a.example path /`. */
export function exclusiveClaims(object: KubeObject): string[] {
  const out: string[] = [];
  if (object.kind === 'Service') {
    for (const port of recordsAt(object, ['spec', 'ports'])) {
      if (typeof port['nodePort'] === 'number') out.push(`node port ${port['nodePort']}/${String(port['protocol'] ?? 'TCP')}`);
    }
    const address = valueAt(object, ['spec', 'clusterIP']);
    if (typeof address === 'string' && address !== '' && address !== 'None') out.push(`cluster IP ${address}`);
  }
  if (object.kind === 'Ingress') {
    for (const rule of recordsAt(object, ['spec', 'rules'])) {
      for (const path of recordsAt(rule, ['http', 'paths']))
        out.push(`Ingress host ${String(rule['host'] ?? '*')} path ${String(path['path'] ?? '/')}`);
    }
  }
  return [...out, ...podClaims(object)];
}

function podClaims(object: KubeObject): string[] {
  const path = podSpecPath(object.kind);
  const spec = path === undefined ? undefined : valueAt(object, path);
  const out: string[] = [];
  for (const container of recordsAt(spec, ['containers'])) {
    for (const port of recordsAt(container, ['ports'])) {
      if (typeof port['hostPort'] === 'number') out.push(`host port ${port['hostPort']}/${String(port['protocol'] ?? 'TCP')}`);
    }
  }
  for (const volume of recordsAt(spec, ['volumes'])) {
    const claim = valueAt(volume, ['persistentVolumeClaim', 'claimName']);
    const readOnly = valueAt(volume, ['persistentVolumeClaim', 'readOnly']) === true;
    if (typeof claim === 'string' && !readOnly) out.push(`volume ${object.metadata.namespace ?? ''}/${claim}`);
  }
  return out;
}
