import { findApplications, type FindOptions } from '../../src/gitops/find-applications.ts';
import type { Found, FoundApplication } from '../../src/gitops/found.ts';
import { MemorySource } from '../../src/gitops/sources/memory.ts';

/** What is found in a tree of these files. */
export async function found(files: Readonly<Record<string, string>>, path = '', options: FindOptions = {}): Promise<Found> {
  const source = new MemorySource({ now: () => 0 });
  source.commit('repo', files);
  const { signal } = new AbortController();
  const artifact = await source.resolve({ repo: 'repo', path: '', revision: 'main', intervalMs: 1000 }, signal);
  return findApplications(artifact, path, signal, options);
}
/** `namespace/name: path`, or why it is elsewhere. */
export function inShort({ applications }: Found): string[] {
  return applications.map((one) => `${one.application.namespace}/${one.application.name}: ${one.elsewhere ?? one.path}`);
}
/** The one application that there is. */
export function only({ applications }: Found): FoundApplication {
  const [first, second] = applications;
  if (first === undefined || second !== undefined) throw new Error(`there are ${applications.length} applications`);
  return first;
}
export const deployment = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n';
