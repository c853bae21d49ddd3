import type { LoadBalancerStatus } from '../api/kinds.generated.ts';
import type { FieldError } from '../api/status.ts';
import { fieldForbidden, invalidEach, invalidValue, notSupported, required } from './field-errors.ts';
import { ipErrors, parseIp } from './ip.ts';
import { dnsSubdomain } from './names.ts';
import type { Sent } from './sent.ts';

const modes = ['Proxy', 'VIP'];

/** What is wrong with the addresses that a load balancer has (kubernetes v1.35, ValidateLoadBalancerStatus, ValidateIngressLoadBalancerStatus). */
export function loadBalancerErrors(status: Sent<LoadBalancerStatus>, at: string, of: 'Service' | 'Ingress'): FieldError[] {
  return (status.ingress ?? []).flatMap((one, index) => {
    const here = `${at}.ingress[${index}]`;
    const { ip = '', hostname = '' } = one;
    const errors = ip === '' ? [] : ipErrors(`${here}.ip`, ip);
    if (of === 'Service') errors.push(...modeErrors(one.ipMode, ip, `${here}.ipMode`));
    return [...errors, ...hostErrors(hostname, `${here}.hostname`)];
  });
}
function modeErrors(mode: string | undefined, ip: string, at: string): FieldError[] {
  if (mode === undefined) return ip === '' ? [] : [required(at, 'must be specified when `ip` is set')];
  if (ip === '') return [fieldForbidden(at, 'may not be specified when `ip` is not set')];
  return modes.includes(mode) ? [] : [notSupported(at, mode, modes)];
}
function hostErrors(host: string, at: string): FieldError[] {
  if (host === '') return [];
  const errors = invalidEach(at, host, dnsSubdomain(host));
  return parseIp(host) === undefined ? errors : [...errors, invalidValue(at, host, 'must be a DNS name, not an IP address')];
}
