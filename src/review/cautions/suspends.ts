import type { Caution } from '../../api/review.ts';
import { valueAt } from '../../base/json.ts';
import { cautionAbout, kindName, type Change, type Rule } from './world.ts';

/** Things that stop doing what they are for, or begin again, by one small field. */
export const suspends: Rule = {
  name: 'suspends',
  find: ({ changes, input }) => [
    ...changes.flatMap(flipped),
    ...input.applications.flatMap((application) => standing(application, changes)),
  ],
};

const texts: Readonly<Record<string, { readonly field: string; readonly on: string; readonly off: string }>> = {
  'batch/CronJob': { field: 'suspend', on: 'is suspended: it runs no more', off: 'is resumed: it runs again by its schedule' },
  'batch/Job': { field: 'suspend', on: 'is suspended: its pods end', off: 'is resumed: its pods start' },
  'apps/Deployment': {
    field: 'paused',
    on: 'is paused: changes of its pods wait until it is resumed',
    off: 'is resumed: the changes of its pods that waited are rolled out',
  },
};
/** Any kind of these groups may be suspended by `spec.suspend`. */
const suspendable = /^(.*\.)?(fluxcd\.io|steersman\.dev)$/;

function flipped(change: Change): Caution[] {
  const { base, head } = change;
  if (base === undefined || head === undefined) return [];
  const custom = { field: 'suspend', on: 'is suspended: what it stands for is not kept up to date', off: 'is resumed' };
  const text = texts[kindName(head)] ?? (suspendable.test(change.ref.group) ? custom : undefined);
  if (text === undefined) return [];
  const was = valueAt(base, ['spec', text.field]) === true;
  const is = valueAt(head, ['spec', text.field]) === true;
  if (was === is) return [];
  const fields = [`spec.${text.field}`];
  return [cautionAbout(change, { rule: is ? 'suspends' : 'resumes', severity: 'caution', message: is ? text.on : text.off, fields })];
}

/** Changes of an application that nobody applies. */
function standing({ application, suspended }: { application: Change['application']; suspended?: boolean }, changes: readonly Change[]) {
  if (suspended !== true) return [];
  const count = changes.filter((change) => change.application === application).length;
  if (count === 0) return [];
  const message = `application ${application.name} is suspended: its ${count} ${count === 1 ? 'change waits' : 'changes wait'} until it is resumed`;
  return [{ rule: 'suspended-application', severity: 'caution', application, message } as const];
}
