import type { Container } from '../../api/kinds.generated.ts';
import { isGoodSeccomp, seccompProfileBaseline } from './baseline.ts';
import { containersOf, containersText, named, quoted, setters, sorted, type Check } from './findings.ts';

type Context = NonNullable<Container['securityContext']>;

const harmlessVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
] as const;

export const restrictedVolumes: Check = ({ spec }) => {
  const bad = sorted(
    (spec.volumes ?? []).filter((volume) => harmlessVolumes.every((type) => volume[type] === undefined)).map(({ name }) => name),
  );
  if (bad.length === 0) return undefined;
  return {
    reason: 'restricted volume types',
    detail: `volumes [${bad.map((name) => JSON.stringify(name)).join(' ')}] have restricted types`,
  };
};

export const allowPrivilegeEscalation: Check = (pod) => {
  const bad = named(pod, (context) => context?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

export const runAsNonRoot: Check = (pod) => {
  const ofPod = pod.spec.securityContext?.runAsNonRoot;
  const who = setters(
    ofPod === false,
    named(pod, (context) => context?.runAsNonRoot === false),
  );
  const reason = 'runAsNonRoot != true';
  if (who !== undefined) return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  const silent = ofPod === true ? [] : named(pod, (context) => context?.runAsNonRoot === undefined);
  return silent.length === 0
    ? undefined
    : { reason, detail: `pod or ${containersText(silent)} must set securityContext.runAsNonRoot=true` };
};

export const runAsUser: Check = (pod) => {
  const who = setters(
    pod.spec.securityContext?.runAsUser === 0,
    named(pod, (context) => context?.runAsUser === 0),
  );
  return who === undefined ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
};

export const seccompProfileRestricted: Check = (pod) => {
  const bad = seccompProfileBaseline(pod);
  if (bad !== undefined) return bad;
  if (isGoodSeccomp(pod.spec.securityContext?.seccompProfile?.type)) return undefined;
  const silent = named(pod, (context) => context?.seccompProfile === undefined);
  if (silent.length === 0) return undefined;
  const detail = `pod or ${containersText(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
  return { reason: 'seccompProfile', detail };
};

export const capabilitiesRestricted: Check = (pod) => {
  const keeping = named(pod, (context) => context?.capabilities?.drop?.includes('ALL') !== true);
  const badOf = (context: Context | undefined) => (context?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
  const adding = named(pod, (context) => badOf(context).length > 0);
  const names = sorted(containersOf(pod.spec).flatMap(({ securityContext }) => badOf(securityContext)));
  const details = [
    ...(keeping.length > 0 ? [`${containersText(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0 ? [`${containersText(adding)} must not include ${quoted(names)} in securityContext.capabilities.add`] : []),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

/** Since 1.25 rules that mean nothing on Windows do not hold there. */
export const unlessWindows =
  (check: Check): Check =>
  (pod) =>
    pod.spec.os?.name === 'windows' ? undefined : check(pod);
