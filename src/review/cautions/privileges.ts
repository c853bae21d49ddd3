import type { Caution } from '../../api/review.ts';
import { recordsAt, valueAt } from '../../base/json.ts';
import { containersOf, workloadOf, type Container, type Workload } from './pods.ts';
import { cautionAbout, type Change, type Rule } from './world.ts';

/** Pods that may do to their node what they could not do before. */
export const privileges: Rule = {
  name: 'privileged',
  find: ({ changes }) => {
    const gone = changes.flatMap(({ base, head }) => (head === undefined && base !== undefined ? (workloadOf(base) ?? []) : []));
    return changes.flatMap((change) => widened(change, gone));
  },
};

/** One power, by a key that stays the same when the object is only moved about. */
interface Power {
  readonly key: string;
  readonly rule: 'privileged' | 'host-access';
  readonly severity: Caution['severity'];
  readonly says: string;
  readonly field: string;
}

/** `gone`: what the merge takes away; something new that is given no more than one of these had is taken for it under another name. */
function widened(change: Change, gone: readonly Workload[]): Caution[] {
  const head = change.head === undefined ? undefined : workloadOf(change.head);
  if (head === undefined) return [];
  const old = change.base === undefined ? undefined : workloadOf(change.base);
  const before = new Set((old === undefined ? [] : powersOf(old)).map(({ key }) => key));
  const added = powersOf(head).filter(({ key }) => !before.has(key));
  if (change.base === undefined && gone.some((one) => isHeir(head, one, added))) return [];
  const groups = [...new Set(added.map(({ rule, severity }) => `${rule} ${severity}`))];
  return groups.map((group) => {
    const powers = added.filter(({ rule, severity }) => `${rule} ${severity}` === group);
    const { rule, severity } = powers[0] as Power;
    const says = [...new Set(powers.map((power) => power.says))].join('; ');
    const message = `${old === undefined ? 'is new and' : 'now'} ${says}`;
    return cautionAbout(change, { rule, severity, message, fields: [...new Set(powers.map(({ field }) => field))] });
  });
}

function isHeir(head: Workload, gone: Workload, added: readonly Power[]): boolean {
  const had = new Set(powersOf(gone).map(({ key }) => key));
  const alike = gone.object.kind === head.object.kind || gone.object.metadata.name === head.object.metadata.name;
  return alike && added.every(({ key }) => had.has(key));
}

function powersOf(workload: Workload): Power[] {
  return [...hostPowers(workload), ...containersOf(workload).flatMap((container) => containerPowers(container, workload))];
}

const namespaces = [
  ['hostPID', 'blocker', 'sees the processes of its node (hostPID)'],
  ['hostIPC', 'blocker', 'shares memory with the processes of its node (hostIPC)'],
  ['hostNetwork', 'caution', "uses its node's network (hostNetwork)"],
] as const;
/** Paths of a node of which no harm comes when they are only read. */
const harmless: ReadonlySet<string> = new Set([
  '/dev/dri',
  '/etc/localtime',
  '/etc/machine-id',
  '/usr/share/zoneinfo',
  '/sys/class',
  '/dev/kfd',
]);

/** Who may write there, or speak to such a socket, rules the node. */
const ruling =
  /^\/(|etc(\/kubernetes(\/.*)?|\/cron.*)?|root(\/.*)?|var|var\/lib|var\/lib\/(kubelet|docker|containerd)|(var\/)?run|.*\/(docker|containerd|crio)\.sock)\/?$/;
function written(workload: Workload, volume: unknown): boolean {
  return containersOf(workload).some(({ spec }) =>
    recordsAt(spec, ['volumeMounts']).some((mount) => mount['name'] === volume && mount['readOnly'] !== true),
  );
}

function hostPowers(workload: Workload): Power[] {
  const { spec, path } = workload;
  const out: Power[] = [];
  for (const [field, severity, says] of namespaces) {
    if (spec[field] === true) out.push({ key: field, rule: 'host-access', severity, says, field: `${path}.${field}` });
  }
  for (const volume of recordsAt(spec, ['volumes'])) {
    const host = valueAt(volume, ['hostPath', 'path']);
    if (typeof host !== 'string' || harmless.has(host)) continue;
    const field = `${path}.volumes[${String(volume['name'])}].hostPath`;
    const severity = ruling.test(host) && (host.endsWith('.sock') || written(workload, volume['name'])) ? 'blocker' : 'caution';
    const says =
      severity === 'blocker' ? `mounts ${host} of its node, by which it can do there what root can` : `mounts ${host} of its node`;
    out.push({ key: `hostPath ${host}`, rule: 'host-access', severity, says, field });
  }
  return out;
}

/** With these a container is as good as root on its node. */
const strong: ReadonlySet<string> = new Set(['ALL', 'SYS_ADMIN', 'SYS_MODULE', 'SYS_PTRACE', 'SYS_RAWIO', 'DAC_READ_SEARCH', 'BPF']);
/** Every container has these unless it drops them (as containerd's and Docker's default set), or little comes of them. */
const usual: ReadonlySet<string> = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(' '),
);

function containerPowers({ name, spec, path }: Container, { spec: pod, path: podPath }: Workload): Power[] {
  const out: Power[] = [];
  const at = `${path}.securityContext`;
  const context = spec['securityContext'];
  if (valueAt(context, ['privileged']) === true) {
    const says = `runs container ${name} privileged: it can do to its node what root can`;
    out.push({ key: `privileged ${name}`, rule: 'privileged', severity: 'blocker', says, field: `${at}.privileged` });
  }
  const added = valueAt(context, ['capabilities', 'add']);
  for (const each of Array.isArray(added) ? added : []) {
    const capability = String(each).replace(/^CAP_/, '');
    if (usual.has(capability)) continue;
    const severity = strong.has(capability) ? 'blocker' : 'caution';
    const says = `gives container ${name} the capability ${capability}`;
    out.push({ key: `capability ${name} ${capability}`, rule: 'privileged', severity, says, field: `${at}.capabilities.add` });
  }
  for (const port of recordsAt(spec, ['ports'])) {
    if (typeof port['hostPort'] !== 'number' || pod['hostNetwork'] === true) continue;
    const says = `opens port ${port['hostPort']} of its node`;
    out.push({ key: `hostPort ${port['hostPort']}`, rule: 'host-access', severity: 'caution', says, field: `${path}.ports` });
  }
  return [...out, ...userPowers({ name, spec, path, list: 'containers' }, pod, podPath)];
}

/** Root where it was forbidden; what no manifest says is up to the image, so nobody can know. */
function userPowers({ name, spec, path }: Container, pod: Record<string, unknown>, podPath: string): Power[] {
  const own = valueAt(spec, ['securityContext', 'runAsUser']);
  const user = own ?? valueAt(pod, ['securityContext', 'runAsUser']);
  if (user !== 0) return [];
  const field = `${own === undefined ? podPath : path}.securityContext.runAsUser`;
  return [{ key: `root ${name}`, rule: 'privileged', severity: 'caution', says: `runs container ${name} as root (runAsUser: 0)`, field }];
}
