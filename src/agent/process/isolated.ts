import type { Confinement } from './confinement.ts';
export function isolatedConfinement(_: unknown): Promise<Confinement> {
  return Promise.reject(new Error('namespaces are not used yet'));
}
