import type { ContainerPort, PodSpec } from '../../api/kinds.generated.ts';
import { eachContainer } from './windows.ts';

/** What is said of ports that get in each other's way (kubernetes v1.35, pkg/api/pod/warnings.go). */
export function portWarnings(spec: PodSpec, path: string): string[] {
  const warnings: string[] = [];
  const seen = new Map<string, { at: string; port: ContainerPort }[]>();
  eachContainer(spec, path, ({ ports = [] }, container) => {
    for (const [index, port] of ports.entries()) {
      const at = `${container}.ports[${index}]`;
      if (port.hostIP && !port.hostPort) warnings.push(`${at}: hostIP set without hostPort: ${structText(port)}`);
      const key = `${port.containerPort}/${port.protocol ?? 'TCP'}`;
      const others = seen.get(key) ?? [];
      seen.set(key, [...others, { at, port }]);
      for (const other of others) {
        const clash = clashOf(port, other.port);
        if (clash !== undefined) warnings.push(`${at}: ${clash} port definition with ${other.at}`);
      }
    }
  });
  return warnings;
}
function clashOf(a: ContainerPort, b: ContainerPort): string | undefined {
  const [portA, portB, ipA, ipB] = [a.hostPort ?? 0, b.hostPort ?? 0, a.hostIP ?? '', b.hostIP ?? ''];
  if (portA === portB && ipA === ipB) return 'duplicate';
  if (portA === 0 || portB === 0) return 'overlapping';
  return portA === portB && (ipA === '') !== (ipB === '') ? 'dangerously ambiguous' : undefined;
}
/** As Go prints the structure. */
function structText({ name = '', hostPort = 0, containerPort, protocol = 'TCP', hostIP = '' }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}
