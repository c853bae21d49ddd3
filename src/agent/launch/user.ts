import type { Container, Pod } from '../../api/kinds.generated.ts';
import { RuntimeError } from '../runtime.ts';

/** Who a container runs as: `uid`, `uid:gid`, or undefined for the image's own. @throws RuntimeError CreateContainerConfigError where it may not be root and would be */
export function userOf(pod: Readonly<Pod>, container: Container, imageUser: string): string | undefined {
  const [ofPod, own] = [pod.spec?.securityContext ?? {}, container.securityContext ?? {}];
  const user = own.runAsUser ?? ofPod.runAsUser;
  const group = own.runAsGroup ?? ofPod.runAsGroup;
  if (own.runAsNonRoot ?? ofPod.runAsNonRoot) requireNonRoot({ user, imageUser }, nameOf(pod, container));
  if (user === undefined && group === undefined) return undefined;
  const known = user === undefined ? imageUser.split(':')[0] || '0' : String(user);
  return group === undefined ? known : `${known}:${group}`;
}

/** In the words of a kubelet (pkg/kubelet/kuberuntime/security_context.go). */
function requireNonRoot(of: { user: number | undefined; imageUser: string }, name: string): void {
  const refuse = (why: string): never => {
    throw new RuntimeError('CreateContainerConfigError', `${why} (${name})`);
  };
  if (of.user !== undefined) {
    if (of.user === 0) refuse("container's runAsUser breaks non-root policy");
    return;
  }
  const [user = ''] = of.imageUser.split(':');
  if (user === '' || user === '0') refuse('container has runAsNonRoot and image will run as root');
  if (!/^\d+$/.test(user)) refuse(`container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root`);
}

function nameOf(pod: Readonly<Pod>, container: Container): string {
  return `pod: "${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid ?? ''})", container: ${container.name}`;
}
