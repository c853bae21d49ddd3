import type { KubeObject } from '../../api/object.ts';
import type { KindRules } from '../rules.ts';
import { access } from './access.ts';
import { admission } from './admission.ts';
import { classes } from './classes.ts';
import { cluster } from './cluster.ts';
import { flow } from './flow.ts';
import { network } from './network.ts';
import { volumes } from './volumes.ts';
import { workloads } from './workloads.ts';

/**
 * What is known of a kind beyond its schema, and is no rule: how it is shown, what may be selected, how it may be written. Where the
 * kind has rules of its own that say the same, they win.
 */
export type KindFacts<T extends KubeObject = KubeObject> = Pick<
  KindRules<T>,
  'kind' | 'cells' | 'selectableFields' | 'generation' | 'unconditionalUpdate' | 'createOnUpdate' | 'deprecation'
>;

export const kindFacts: readonly KindFacts[] = [
  ...access,
  ...admission,
  ...classes,
  ...cluster,
  ...flow,
  ...network,
  ...volumes,
  ...workloads,
];
