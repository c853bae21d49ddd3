import type { Rollout } from '../api/forecast.ts';
import { refText, type KubeObject, type ObjectRef } from '../api/object.ts';
import { valueAt } from '../base/json.ts';
import { fieldChanges } from '../gitops/changes.ts';
import { dependenciesOf } from '../gitops/references.ts';
import type { Shape } from '../gitops/shape.ts';
import { desiredOf, type Workload } from './workloads.ts';

export interface Reasons {
  /** Of a workload's kind, so that entries of lists have names. */
  shapeOf(ref: ObjectRef): Shape | undefined;
  /** What the merge changes, as `refText`. */
  readonly changed: ReadonlySet<string>;
}

/** Why pods of a workload come or go: fields of its template, and ConfigMaps and Secrets where those stand behind them. */
export function becauseOf(workload: Workload, kind: Rollout['kind'], reasons: Reasons): Rollout['because'] {
  const { before, after, ref } = workload;
  if (kind === 'starts') return [{ what: 'new', name: refText(ref) }];
  if (kind === 'ends') return [{ what: 'removed', name: refText(ref) }];
  if (before === undefined || after === undefined) return [];
  const scaled =
    desiredOf(before) === desiredOf(after) ? [] : [{ what: 'replicas' as const, name: `${desiredOf(before)} -> ${desiredOf(after)}` }];
  return kind === 'scales' ? scaled : [...templateReasons(before, after, { ref, reasons }), ...scaled];
}

function templateReasons(before: KubeObject, after: KubeObject, about: { ref: ObjectRef; reasons: Reasons }): Rollout['because'] {
  const { ref, reasons } = about;
  const shape = reasons.shapeOf(ref)?.property('spec')?.property('template');
  const template = (object: KubeObject) => valueAt(object, ['spec', 'template']);
  const changes = fieldChanges(template(before), template(after), shape);
  const fields = changes.map(({ path }) => ({ what: 'field' as const, name: `spec.template.${path}` }));
  return [
    ...fields,
    ...sourcesBehind(before, after, { reasons, annotated: changes.some(({ path }) => path.startsWith('metadata.annotations')) }),
  ];
}

/** What is read under another name now, and, where an annotation changes, what it was made from. */
function sourcesBehind(before: KubeObject, after: KubeObject, about: { reasons: Reasons; annotated: boolean }): Rollout['because'] {
  const known = new Set(dependenciesOf(before));
  const out: { what: 'ConfigMap' | 'Secret'; name: string }[] = [];
  for (const name of dependenciesOf(after)) {
    const what = name.startsWith('ConfigMap ') ? 'ConfigMap' : name.startsWith('Secret ') ? 'Secret' : undefined;
    if (what === undefined) continue;
    if (!known.has(name) || (about.annotated && about.reasons.changed.has(name))) out.push({ what, name: name.slice(what.length + 1) });
  }
  return out;
}
