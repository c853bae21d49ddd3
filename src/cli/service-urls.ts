import { Service } from '../api/kinds.generated.ts';
import { loopbackPortsOf, portKey } from '../api/loopback-ports.ts';
import type { ObjectKey } from '../api/object.ts';
import type { Reader } from '../client/cluster.ts';
import { applicationLabel, trackingValue } from '../gitops/tracking.ts';

/** Where the Services of an application are reached from this machine, one line each: `shop/web: http://127.0.0.1:30123`. */
export async function serviceUrls(cluster: Reader, application: ObjectKey, host: string): Promise<readonly string[]> {
  const { items } = await cluster.list(Service, { labelSelector: `${applicationLabel}=${trackingValue(application)}` });
  return items.flatMap(({ metadata, spec, status }) =>
    (spec?.ports ?? []).flatMap((port) => {
      if (port.protocol === 'UDP') return [];
      const balancer = status?.loadBalancer?.ingress?.map(({ ip, hostname }) => ip ?? hostname ?? '').find((address) => address !== '');
      const own = port.nodePort ?? loopbackPortsOf(status?.conditions)?.[portKey(port.port, port.protocol)];
      const at = balancer === undefined ? (own === undefined ? undefined : `${host}:${own}`) : `${balancer}:${port.port}`;
      return at === undefined ? [] : [`${metadata.namespace ?? ''}/${metadata.name}: ${schemeOf(port)}${at}`];
    }),
  );
}

function schemeOf({ name = '', appProtocol = '', port }: { name?: string; appProtocol?: string; port: number }): string {
  if (name.startsWith('https') || appProtocol === 'https' || port === 443) return 'https://';
  return name.startsWith('http') || appProtocol.startsWith('http') || port === 80 || port === 8080 ? 'http://' : '';
}
