import type { KubeObject } from '../api/object.ts';
import { annotationOf, annotations } from './tracking.ts';

/** Other tools' ways of saying that an object stays when it leaves the source, with the value that says so among others. */
const others: readonly (readonly [string, string])[] = [
  ['argocd.argoproj.io/sync-options', 'Prune=false'],
  ['kustomize.toolkit.fluxcd.io/prune', 'disabled'],
  ['helm.sh/resource-policy', 'keep'],
];

/** The annotation by which an object stays when it leaves the source, `steersman.dev/prune: never`; undefined where it says nothing. */
export function keptBy(object: KubeObject): string | undefined {
  if (annotationOf(object, annotations.prune) === 'never') return `${annotations.prune}: never`;
  for (const [name, value] of others) {
    const said = textOf(object, name)
      .split(',')
      .map((part) => part.trim());
    if (said.includes(value)) return `${name}: ${value}`;
  }
  return undefined;
}

/** Of manifests that nobody has checked yet: what is no text says nothing. */
function textOf(object: KubeObject, name: string): string {
  const value: unknown = annotationOf(object, name);
  return typeof value === 'string' ? value : '';
}
