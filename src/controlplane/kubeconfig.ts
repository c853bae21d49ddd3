import { stringify } from 'yaml';
import type { Certificates } from './certificates.ts';

/** A kubeconfig with one context of that name, which holds its certificates in itself. */
export function adminKubeconfig(name: string, url: string, certificates: Certificates): string {
  const data = (pem: string): string => Buffer.from(pem).toString('base64');
  const user = `${name}-admin`;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: url, 'certificate-authority-data': data(certificates.authority) } }],
    users: [
      {
        name: user,
        user: { 'client-certificate-data': data(certificates.admin.certificate), 'client-key-data': data(certificates.admin.key) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
  });
}
