import type { Finding } from '../../api/plan.ts';
import type { Caution } from '../../api/review.ts';
import { cautionAbout, type Change, type Rule, type World } from './world.ts';

const ruleOf: Readonly<Record<Finding['kind'], string>> = {
  immutable: 'immutable-field',
  invalid: 'refused',
  unserved: 'not-served',
  foreign: 'belongs-to-another',
  conflict: 'field-conflict',
  adopt: 'taken-over',
  exclusive: 'claimed-twice',
  drift: 'drift',
  respected: 'respected',
  suspended: 'suspended',
};

/** What the server said no to, and what is deleted and made anew since a field cannot change. */
export const refused: Rule = {
  name: 'immutable-field',
  find: (world) => world.changes.flatMap((change) => [...blocked(change), ...recreated(world, change)]),
};

function blocked(change: Change): Caution[] {
  const blocking = (change.step?.findings ?? []).filter(({ blocks }) => blocks);
  return blocking.map(({ kind, message, fields }) => {
    const said = { rule: ruleOf[kind], severity: 'blocker', message: `is refused: ${message}` } as const;
    return cautionAbout(change, fields === undefined || fields.length === 0 ? said : { ...said, fields });
  });
}

/** Hooks are made anew at each sync, which is what they are for: the base says whether it is one. */
function recreated(_world: World, change: Change): Caution[] {
  const { step, base } = change;
  if (step?.action !== 'recreate' || base === undefined || step.phase !== 'Sync') return [];
  const finding = step.findings?.find(({ kind }) => kind === 'immutable');
  if (finding === undefined) return [];
  const message = `is deleted and made anew, since its manifest asks for that where a field cannot change: ${finding.message}`;
  return [cautionAbout(change, { rule: 'recreated', severity: 'caution', message, fields: finding.fields ?? [] })];
}
