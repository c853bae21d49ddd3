import type { Container, Pod } from '../../api/kinds.generated.ts';
import { portKey, type LoopbackPorts } from '../../api/loopback-ports.ts';

/**
 * Where pods share an address: `PORT_<NAME>` (or `PORT_8080`, of a port without a name) for each port that the pod names, and `PORT` for the
 * first of the container's own. A program that listens on `$POD_IP:$PORT` works everywhere.
 */
export function portVariables(pod: Readonly<Pod>, container: Container, given: LoopbackPorts | undefined): Record<string, string> {
  if (given === undefined) return {};
  const out: Record<string, string> = {};
  const all = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].filter(({ name }) => name !== container.name);
  for (const { ports = [] } of [...all, container]) {
    for (const { name, containerPort, protocol } of ports) {
      const port = given[portKey(containerPort, protocol)];
      if (port !== undefined) out[`PORT_${(name ?? String(containerPort)).toUpperCase().replaceAll('-', '_')}`] = String(port);
    }
  }
  const [first] = (container.ports ?? []).map(({ containerPort, protocol }) => given[portKey(containerPort, protocol)]);
  return first === undefined ? out : { ...out, PORT: String(first) };
}

/** What a variable of the pod's own is set to: under these names, the number of a port of the container means what stands for it. */
export function portMeant(name: string, value: string, about: { container: Container; ports: LoopbackPorts | undefined }): string {
  const { container, ports } = about;
  if (ports === undefined || !/^PORT(_|$)/.test(name)) return value;
  const named = (container.ports ?? []).find(({ containerPort }) => String(containerPort) === value);
  return String(named === undefined ? value : (ports[portKey(named.containerPort, named.protocol)] ?? value));
}
