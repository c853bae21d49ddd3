import { refText } from '../../api/object.ts';
import type { Finding } from '../../api/plan.ts';
import type { Caution } from '../../api/review.ts';
import { cautionAbout, type CautionedApplication, type Change, type Rule, type World } from './world.ts';

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
  find: (world) => [...world.input.applications.flatMap((application) => blocked(world, application)), ...world.changes.flatMap(recreated)],
};

/** Something refused that the merge does not change was refused before; unless nobody knows what was before. */
function blocked(world: World, { application, plan, base, head }: CautionedApplication): Caution[] {
  return (plan?.steps ?? []).flatMap(({ ref, findings = [], origin }) => {
    if (base !== head && !world.changed.has(refText(ref))) return [];
    return findings
      .filter(({ blocks }) => blocks)
      .map(({ kind, message, fields = [] }): Caution => {
        const said = {
          rule: ruleOf[kind],
          severity: 'blocker',
          application,
          ref,
          message: `is refused: ${message.replaceAll(/\s*\n\s*/g, '; ')}`,
        } as const;
        return { ...said, ...(fields.length === 0 ? {} : { fields }), ...(origin === undefined ? {} : { origin }) };
      });
  });
}

/** Hooks are made anew at each sync, which is what they are for: the base says whether it is one. */
function recreated(change: Change): Caution[] {
  const { step, base } = change;
  if (step?.action !== 'recreate' || base === undefined || step.phase !== 'Sync') return [];
  const finding = step.findings?.find(({ kind }) => kind === 'immutable');
  if (finding === undefined) return [];
  const message = `is deleted and made anew, since its manifest asks for that where a field cannot change: ${finding.message}`;
  return [cautionAbout(change, { rule: 'recreated', severity: 'caution', message, fields: finding.fields ?? [] })];
}
