import type { Container, Pod } from '../../api/kinds.generated.ts';
import type { Launch } from '../runtime.ts';

/** What a container asks for beside user and groups; undefined where it asks for nothing. Capabilities are `NET_ADMIN`, without `CAP_`, or `ALL`. */
export function rightsOf(pod: Readonly<Pod>, container: Container): Launch['rights'] {
  const own = container.securityContext ?? {};
  const { add = [], drop = [] } = own.capabilities ?? {};
  const profiles = profilesOf(pod, container);
  const rights = {
    ...(add.length > 0 && { add: add.map(plainName) }),
    ...(drop.length > 0 && { drop: drop.map(plainName) }),
    ...(own.allowPrivilegeEscalation === false && { noNewPrivileges: true as const }),
    ...(own.privileged === true && { privileged: true as const }),
    ...(profiles.length > 0 && { profiles }),
  };
  return Object.keys(rights).length === 0 ? undefined : rights;
}

function plainName(capability: string): string {
  return capability.toUpperCase().replace(/^CAP_/, '');
}

/** What else of the kernel is to keep watch, by name: `seccomp profile RuntimeDefault`. */
function profilesOf(pod: Readonly<Pod>, container: Container): string[] {
  const [ofPod, own] = [pod.spec?.securityContext ?? {}, container.securityContext ?? {}];
  const out: string[] = [];
  const seccomp = own.seccompProfile ?? ofPod.seccompProfile;
  const appArmor = own.appArmorProfile ?? ofPod.appArmorProfile;
  if (seccomp !== undefined && seccomp.type !== 'Unconfined') out.push(`seccomp profile ${seccomp.type}`);
  if (appArmor !== undefined && appArmor.type !== 'Unconfined') out.push(`AppArmor profile ${appArmor.type}`);
  if ((own.seLinuxOptions ?? ofPod.seLinuxOptions) !== undefined) out.push('SELinux label');
  if (own.procMount === 'Unmasked') out.push('procMount Unmasked');
  return [...out, ...(ofPod.sysctls ?? []).map(({ name }) => `sysctl ${name}`)];
}
