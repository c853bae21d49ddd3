import type { Container, PodSpec } from '../../api/kinds.generated.ts';
import { containersOf, containersText, named, plural, quoted, setters, sorted, type Check } from './findings.ts';

type Context = NonNullable<Container['securityContext']>;

export const privileged: Check = (pod) => {
  const bad = named(pod, (context) => context?.privileged === true);
  return bad.length === 0
    ? undefined
    : { reason: 'privileged', detail: `${containersText(bad)} must not set securityContext.privileged=true` };
};

export const hostNamespaces: Check = ({ spec }) => {
  const set = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true);
  return set.length === 0 ? undefined : { reason: 'host namespaces', detail: set.map((name) => `${name}=true`).join(', ') };
};

export const hostPathVolumes: Check = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', bad.length)} ${quoted(bad)}` };
};

export const hostPorts: Check = (pod) => {
  const portsOf = ({ ports = [] }: Container) => ports.map(({ hostPort = 0 }) => hostPort).filter((port) => port !== 0);
  const bad = named(pod, (_context, container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = sorted(containersOf(pod.spec).flatMap(portsOf).map(String));
  const what = `${plural('uses', 'use', bad.length)} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}`;
  return { reason: 'hostPort', detail: `${containersText(bad)} ${what}` };
};

type Handler = { readonly httpGet?: { readonly host?: string }; readonly tcpSocket?: { readonly host?: string } } | undefined;

export const hostProbesAndHostLifecycle: Check = (pod) => {
  const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): string[] => {
    const handlers: Handler[] = [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop];
    return handlers.flatMap((handler) => [handler?.httpGet?.host ?? '', handler?.tcpSocket?.host ?? '']).filter((host) => host !== '');
  };
  const bad = sorted(named(pod, (_context, container) => hostsOf(container).length > 0));
  if (bad.length === 0) return undefined;
  const hosts = sorted(containersOf(pod.spec).flatMap(hostsOf));
  const what = `${plural('uses', 'use', bad.length)} probe or lifecycle ${plural('host', 'hosts', hosts.length)} ${quoted(hosts)}`;
  return { reason: 'probe or lifecycle host', detail: `${containersText(bad)} ${what}` };
};

const harmlessCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

export const capabilitiesBaseline: Check = (pod) => {
  const badOf = (context: Context | undefined) => (context?.capabilities?.add ?? []).filter((name) => !harmlessCapabilities.has(name));
  const bad = named(pod, (context) => badOf(context).length > 0);
  if (bad.length === 0) return undefined;
  const names = sorted(containersOf(pod.spec).flatMap(({ securityContext }) => badOf(securityContext)));
  return {
    reason: 'non-default capabilities',
    detail: `${containersText(bad)} must not include ${quoted(names)} in securityContext.capabilities.add`,
  };
};

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

export const appArmorProfile: Check = (pod) => {
  const isBad = (type: string | undefined) => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const ofPod = pod.spec.securityContext?.appArmorProfile?.type;
  const bad = named(pod, (context) => isBad(context?.appArmorProfile?.type));
  const annotations = Object.entries(pod.metadata.annotations ?? {})
    .filter(
      ([key, value]) => key.startsWith(appArmorPrefix) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const who = [setters(isBad(ofPod), bad), annotations.length > 0 ? plural('annotation', 'annotations', annotations.length) : undefined];
  const said = who.filter((text) => text !== undefined);
  if (said.length === 0) return undefined;
  const types = [ofPod, ...containersOf(pod.spec).map(({ securityContext }) => securityContext?.appArmorProfile?.type)];
  const values = [...sorted(types.filter(isBad) as string[]), ...annotations];
  const reason = plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length);
  return { reason, detail: `${said.join(' and ')} must not set AppArmor profile type to ${quoted(values)}` };
};

type SELinux = NonNullable<Context['seLinuxOptions']>;

/** `container_engine_t` is harmless since 1.31. */
export const seLinuxOptions =
  (types: readonly string[]): Check =>
  (pod) => {
    const isBad = (options: SELinux | undefined) =>
      options !== undefined && (!types.includes(options.type ?? '') || (options.user ?? '') !== '' || (options.role ?? '') !== '');
    const ofPod = pod.spec.securityContext?.seLinuxOptions;
    const who = setters(
      isBad(ofPod),
      named(pod, (context) => isBad(context?.seLinuxOptions)),
    );
    if (who === undefined) return undefined;
    const all = [ofPod, ...containersOf(pod.spec).map(({ securityContext }) => securityContext?.seLinuxOptions)].filter(isBad) as SELinux[];
    const badTypes = sorted(all.map(({ type = '' }) => type).filter((type) => !types.includes(type)));
    const what = [
      ...(badTypes.length > 0 ? [`${plural('type', 'types', badTypes.length)} ${quoted(badTypes)}`] : []),
      ...(all.some(({ user = '' }) => user !== '') ? ['user may not be set'] : []),
      ...(all.some(({ role = '' }) => role !== '') ? ['role may not be set'] : []),
    ];
    return { reason: 'seLinuxOptions', detail: `${who} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}` };
  };

export const procMount: Check = (pod) => {
  const isBad = (value: string | undefined) => value !== undefined && value !== 'Default';
  const bad = named(pod, (context) => isBad(context?.procMount));
  if (bad.length === 0) return undefined;
  const values = sorted(
    containersOf(pod.spec)
      .map(({ securityContext }) => securityContext?.procMount)
      .filter(isBad) as string[],
  );
  return { reason: 'procMount', detail: `${containersText(bad)} must not set securityContext.procMount to ${quoted(values)}` };
};

const seccompOfPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompOfContainer = 'container.seccomp.security.alpha.kubernetes.io/';

/** Before 1.19 profiles stood in annotations. */
export const seccompAnnotations: Check = (pod) => {
  const { annotations = {} } = pod.metadata;
  const keys = [seccompOfPod, ...containersOf(pod.spec).map(({ name }) => `${seccompOfContainer}${name}`)];
  const isFine = (value: string) => value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
  const bad = sorted(
    keys.flatMap((key) =>
      annotations[key] === undefined || isFine(annotations[key]) ? [] : [`${key}=${JSON.stringify(annotations[key])}`],
    ),
  );
  if (bad.length === 0) return undefined;
  return { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', 'annotations', bad.length)} ${bad.join(', ')}` };
};

export const isGoodSeccomp = (type: string | undefined) => type === 'RuntimeDefault' || type === 'Localhost';

export const seccompProfileBaseline: Check = (pod) => {
  const isBad = (profile: { readonly type?: string } | undefined) => profile !== undefined && !isGoodSeccomp(profile.type);
  const ofPod = pod.spec.securityContext?.seccompProfile;
  const who = setters(
    isBad(ofPod),
    named(pod, (context) => isBad(context?.seccompProfile)),
  );
  if (who === undefined) return undefined;
  const all = [ofPod, ...containersOf(pod.spec).map(({ securityContext }) => securityContext?.seccompProfile)].filter(isBad);
  const values = sorted(all.map((profile) => profile?.type ?? ''));
  return { reason: 'seccompProfile', detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(values)}` };
};

/** Which kernel settings are harmless, by the version since which they are. */
const sysctlsSince: readonly (readonly [number, readonly string[]])[] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [29, ['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes']],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
];

export const sysctls = (minor: number): Check => {
  const allowed = new Set(sysctlsSince.filter(([since]) => since <= minor).flatMap(([, names]) => names));
  return ({ spec }) => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !allowed.has(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };
};

export const windowsHostProcess: Check = (pod) => {
  const who = setters(
    pod.spec.securityContext?.windowsOptions?.hostProcess === true,
    named(pod, (context) => context?.windowsOptions?.hostProcess === true),
  );
  return who === undefined
    ? undefined
    : { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
};

/** Pods with users of their own may do more since 1.35. */
export const unlessOwnUsers =
  (check: Check): Check =>
  (pod) =>
    (pod.spec as PodSpec).hostUsers === false ? undefined : check(pod);
