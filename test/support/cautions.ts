import { parseAllDocuments } from 'yaml';
import { refText, type KubeObject, type ObjectKey } from '../../src/api/object.ts';
import type { Plan, PlanStep } from '../../src/api/plan.ts';
import type { Caution, ImageChange } from '../../src/api/review.ts';
import { cautionsOf, type CautionedApplication } from '../../src/review/cautions/index.ts';

export const shop: ObjectKey = { namespace: 'default', name: 'shop' };

/** Objects of YAML documents; those without a namespace stay so. */
export function objectsOf(yaml: string): KubeObject[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [value as KubeObject];
  });
}

export interface Merge extends Partial<Omit<CautionedApplication, 'base' | 'head' | 'plan'>> {
  readonly base?: string;
  readonly head?: string;
  readonly steps?: readonly Partial<PlanStep>[];
}
/** One application, as `cautionsOf` wants it. */
export function applicationOf({ base = '', head = '', steps, ...rest }: Merge): CautionedApplication {
  const held = (yaml: string) => objectsOf(yaml).map((object, index) => ({ object, origin: { path: 'shop.yaml', line: index + 1 } }));
  const plan = steps === undefined ? {} : { plan: { steps } as unknown as Plan };
  return { application: shop, prune: true, ...rest, base: held(base), head: held(head), ...plan };
}

export function merged(...merges: readonly Merge[]): { readonly cautions: readonly Caution[]; readonly images: readonly ImageChange[] } {
  return cautionsOf({ applications: merges.map(applicationOf) });
}

/** `blocker deletes-data PersistentVolumeClaim shop/data: is deleted, …` */
export function cautionTexts(...merges: readonly Merge[]): string[] {
  return merged(...merges).cautions.map(cautionText);
}
export function cautionText({ severity, rule, ref, message }: Caution): string {
  return `${severity} ${rule}${ref === undefined ? '' : ` ${refText(ref)}`}: ${message}`;
}
