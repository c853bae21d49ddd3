import type { ContainerStatus, Pod, PodStatus } from '../../api/kinds.generated.ts';
import type { FieldError } from '../../api/status.ts';
import { duplicate, fieldForbidden, immutable, invalidEach, invalidValue } from '../field-errors.ts';
import { ipErrors, parseIp } from '../ip.ts';
import { dnsSubdomain, qualifiedName } from '../names.ts';
import { idErrors } from './security.ts';

const systemConditions: ReadonlySet<string> = new Set(['PodScheduled', 'Ready', 'Initialized']);

/** What is wrong with what is reported of a pod (kubernetes v1.35, ValidatePodStatusUpdate). */
export function podStatusErrors(pod: Pod, old: Pod): FieldError[] {
  const [status, before] = [pod.status ?? {}, old.status ?? {}];
  const errors = conditionErrors(status);
  const node = status.nominatedNodeName;
  if (node && node !== before.nominatedNodeName) errors.push(...invalidEach('status.nominatedNodeName', node, dnsSubdomain(node)));
  if ((status.qosClass ?? '') !== (before.qosClass ?? '')) errors.push(immutable('status.qosClass', status.qosClass ?? ''));
  errors.push(...restartErrors(pod, old));
  errors.push(...addressErrors(status.podIPs, 'status.podIPs'), ...hostAddressErrors(status));
  return [...errors, ...userErrors(status, pod)];
}
/** Upstream tells them below the metadata. */
function conditionErrors(status: PodStatus): FieldError[] {
  return (status.conditions ?? []).flatMap(({ type }, index) =>
    systemConditions.has(type) ? [] : invalidEach(`metadata.conditions[${index}].Type`, type, qualifiedName(type)),
  );
}

type StatusList = 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses';
/** What has ended and is not to run again does not come back. */
function restartErrors(pod: Pod, old: Pod): FieldError[] {
  const policy = old.spec.restartPolicy ?? 'Always';
  const sidecars = new Set((old.spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always').map(({ name }) => name));
  // A container with a policy of its own may run again when the pod's would not have it.
  const own = new Set((old.spec.containers ?? []).filter((one) => one.restartPolicy !== undefined).map(({ name }) => name));
  const revived = (list: StatusList, mayRestart: (status: ContainerStatus) => boolean): FieldError[] =>
    (old.status?.[list] ?? []).flatMap((before, index) => {
      if (before.state?.terminated === undefined || mayRestart(before)) return [];
      const now = (pod.status?.[list] ?? []).filter(({ name, state }) => name === before.name && state?.terminated === undefined);
      return now.map(() => fieldForbidden(`status.${list}[${index}].state`, 'may not be transitioned to non-terminated state'));
    });
  const byPolicy = ({ state }: ContainerStatus): boolean =>
    policy === 'Always' || (policy === 'OnFailure' && state?.terminated?.exitCode !== 0);
  return [
    ...revived('containerStatuses', (status) => byPolicy(status) || own.has(status.name)),
    ...revived('initContainerStatuses', (status) => byPolicy(status) || sidecars.has(status.name)),
    ...revived('ephemeralContainerStatuses', () => false),
  ];
}

const familyRule = 'may specify no more than one IP for each IP family';
function addressErrors(list: readonly { ip: string }[] | undefined, at: string): FieldError[] {
  const all = list ?? [];
  const errors = all.flatMap(({ ip }, index) => ipErrors(`${at}[${index}]`, ip ?? ''));
  if (all.length < 2) return errors;
  const families = new Set(all.map(({ ip }) => parseIp(ip ?? '')?.family));
  if (families.size < 2 || all.length > 2) errors.push(invalidValue(at, all, familyRule));
  const repeated = all.flatMap((one, index) => (all.findIndex(({ ip }) => ip === one.ip) < index ? [index] : []));
  return [...errors, ...repeated.map((index) => duplicate(`${at}[${index}]`, all[index]))];
}
function hostAddressErrors({ hostIP = '', hostIPs = [] }: PodStatus): FieldError[] {
  const [first] = hostIPs;
  if (first === undefined) return [];
  const errors = hostIP === first.ip ? [] : [invalidValue('status.hostIPs[0].ip', first.ip, 'must be equal to `hostIP`')];
  return [...errors, ...addressErrors(hostIPs, 'status.hostIPs')];
}

function userErrors(status: PodStatus, pod: Pod): FieldError[] {
  return (['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const).flatMap((list) =>
    (status[list] ?? []).flatMap(({ user }, index) => {
      const at = `status.${list}[${index}].linux`;
      if (user?.linux === undefined) return [];
      if (pod.spec.os?.name === 'windows') return [fieldForbidden(at, 'cannot be set for a windows pod')];
      const { uid, gid, supplementalGroups = [] } = user.linux;
      const groups = supplementalGroups.flatMap((group, number) => idErrors(group, `${at}.supplementalGroups[${number}]`));
      return [...idErrors(uid, `${at}.uid`), ...idErrors(gid, `${at}.gid`), ...groups];
    }),
  );
}
