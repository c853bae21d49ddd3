import type { Pod } from '../../api/kinds.generated.ts';
import { portKey } from '../../api/loopback-ports.ts';
import type { PodPlace } from './pod-places.ts';
import type { PodRecord } from './protocol.ts';

export interface PodSurroundings {
  readonly place: PodPlace;
  readonly dns?: { readonly address: string; readonly domain: string };
  /** /etc/resolv.conf of this machine, for pods that ask for it. */
  readonly machineResolvConf: string;
}

/** What the shim needs of a pod, with the files that tell the pod its name and where names are asked for. */
export function podRecord(pod: Readonly<Pod>, around: PodSurroundings): PodRecord {
  const hostname = (pod.spec?.hostname ?? pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '');
  return {
    uid: pod.metadata.uid ?? '',
    namespace: pod.metadata.namespace ?? '',
    name: pod.metadata.name,
    ...around.place,
    hostname,
    hosts: hostsFile(pod, hostname, around),
    resolvConf: resolvConf(pod, around),
    shareProcesses: pod.spec?.shareProcessNamespace === true,
    hostNetwork: pod.spec?.hostNetwork === true,
    hostParts: [...(pod.spec?.hostPID === true ? ['the processes'] : []), ...(pod.spec?.hostIPC === true ? ['the shared memory'] : [])],
    groups: groupsOf(pod),
    ports: [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].flatMap(({ name, ports = [] }) =>
      ports
        .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
        .map(({ containerPort, hostPort }) => ({ container: name, port: containerPort, ...(hostPort ? { hostPort } : {}) })),
    ),
  };
}

/** The ports that its containers name, each once: `8080/TCP`. What this machine has no sockets for is left out. */
export function portsNamedBy(pod: Readonly<Pod>): readonly string[] {
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].flatMap(({ ports = [] }) => ports);
  const named = all.filter(({ protocol = 'TCP' }) => protocol === 'TCP' || protocol === 'UDP');
  return [...new Set(named.map(({ containerPort, protocol }) => portKey(containerPort, protocol)))];
}

function groupsOf(pod: Readonly<Pod>): number[] {
  const { fsGroup, supplementalGroups = [] } = pod.spec?.securityContext ?? {};
  return [...new Set([...(fsGroup === undefined ? [] : [fsGroup]), ...supplementalGroups])];
}

/** As a kubelet writes it: the machine's own names, the pod's, then its host aliases. */
function hostsFile(pod: Readonly<Pod>, hostname: string, around: PodSurroundings): string {
  const { subdomain } = pod.spec ?? {};
  const full =
    subdomain === undefined || around.dns === undefined
      ? ''
      : `${hostname}.${subdomain}.${pod.metadata.namespace ?? ''}.svc.${around.dns.domain}\t`;
  const lines = [
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    `${around.place.address}\t${full}${hostname}`,
  ];
  const aliases = (pod.spec?.hostAliases ?? []).map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join('\t')}`);
  return `${[...lines, ...aliases].join('\n')}\n`;
}

interface Resolver {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** By the pod's dnsPolicy and dnsConfig: cluster names first, as a kubelet orders the search list. */
function resolvConf(pod: Readonly<Pod>, around: PodSurroundings): string {
  const base = resolverOf(pod, around);
  const own = pod.spec?.dnsConfig ?? {};
  const ownOptions = (own.options ?? []).map(({ name = '', value }) => (value === undefined ? name : `${name}:${value}`));
  const nameOf = (option: string) => option.split(':')[0];
  const options = [...base.options.filter((one) => !ownOptions.some((other) => nameOf(other) === nameOf(one))), ...ownOptions];
  const searches = [...new Set([...base.searches, ...(own.searches ?? [])])];
  const lines = [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...[...new Set([...base.nameservers, ...(own.nameservers ?? [])])].map((one) => `nameserver ${one}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function resolverOf(pod: Readonly<Pod>, around: PodSurroundings): Resolver {
  const policy = pod.spec?.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return { nameservers: [], searches: [], options: [] };
  const machine = parseResolvConf(around.machineResolvConf);
  const ofCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && pod.spec?.hostNetwork !== true);
  const { dns } = around;
  if (!ofCluster || dns === undefined) return machine;
  const namespace = pod.metadata.namespace ?? '';
  return {
    nameservers: [dns.address],
    searches: [`${namespace}.svc.${dns.domain}`, `svc.${dns.domain}`, dns.domain, ...machine.searches],
    options: ['ndots:5'],
  };
}

function parseResolvConf(text: string): Resolver {
  const out = { nameservers: [] as string[], searches: [] as string[], options: [] as string[] };
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'nameserver') out.nameservers.push(...rest.slice(0, 1));
    if (word === 'search' || word === 'domain') out.searches = rest;
    if (word === 'options') out.options = rest;
  }
  return out;
}
