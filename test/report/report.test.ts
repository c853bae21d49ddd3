import { describe, expect, it } from 'vitest';
import type { Plan, PlanStep } from '../../src/api/plan.ts';
import { planMarkdown } from '../../src/report/markdown.ts';
import { planText } from '../../src/report/text.ts';
import { changeText, planBlocked, printable, summaryText } from '../../src/report/wording.ts';

const none = { create: 0, configure: 0, recreate: 0, unchanged: 0, prune: 0, skip: 0, blocked: 0 };
function step(action: PlanStep['action'], name: string, more: Partial<PlanStep> = {}): PlanStep {
  return {
    action,
    ref: { group: 'apps', kind: 'Deployment', namespace: 'shop', name },
    phase: 'Sync',
    wave: 0,
    patch: [],
    uid: '',
    digest: `d-${name}`,
    basis: 'dryRun',
    origin: { path: `apps/${name}.yaml`, line: 1 },
    ...more,
  };
}
function plan(steps: PlanStep[], more: Partial<Plan> = {}): Plan {
  const summary = { ...none };
  for (const one of steps) summary[one.action]++;
  return {
    apiVersion: 'steersman.dev/v1',
    kind: 'Plan',
    planId: 'p-0123456789abcdef',
    application: { namespace: 'default', name: 'shop' },
    destination: {},
    source: { repo: '/r', path: 'apps', revision: 'main', commit: '0123456789abcdef' },
    summary,
    steps,
    holds: [],
    notes: [],
    ...more,
  };
}

describe('a plan as text', () => {
  it('prints each step with its origin, its reason and its fields', () => {
    const change = { path: 'spec.replicas', from: 3, to: 5 };
    const text = planText(plan([step('configure', 'web', { why: 'replicas change', changes: [change] }), step('unchanged', 'db')]));
    expect(text).toBe(
      [
        'default/shop: main@0123456:apps against the live cluster',
        '',
        '  ~ configure apps/Deployment shop/web (replicas change)  apps/web.yaml:1',
        '      spec.replicas: 3 → 5',
        '',
        'Plan: 1 to configure, 1 unchanged.',
        'Plan id p-0123456789abcdef',
        '',
      ].join('\n'),
    );
  });
  it('names the waves only where there are several', () => {
    const text = planText(plan([step('create', 'a', { wave: -1 }), step('create', 'b'), step('prune', 'c')]));
    expect(text.match(/^ {2}(wave|after).*$/gm)).toEqual(['  wave -1', '  wave 0', '  afterwards']);
  });
  it('says that there is nothing to do', () => {
    expect(planText(plan([step('unchanged', 'web')]))).toContain('No changes: 1 unchanged.');
  });
  it('makes terminal escapes in names visible', () => {
    expect(planText(plan([step('create', 'a\u001b[2Jb')]))).not.toContain('\u001b');
  });
});

describe('a plan as Markdown', () => {
  it('puts blockers before everything else', () => {
    const blocked = step('blocked', 'web', { findings: [{ kind: 'foreign', message: 'belongs to other', blocks: true }] });
    const text = planMarkdown(plan([step('create', 'a'), blocked]));
    expect(text.indexOf('⛔')).toBeLessThan(text.indexOf('+ Deployment'));
    expect(planBlocked(plan([blocked]))).toBe(true);
  });
  it('lets no field break out of its fence', () => {
    const text = planMarkdown(plan([step('configure', 'web', { changes: [{ path: 'data.x', from: '```', to: '````\n# hi' }] })]));
    expect(text).toContain('\n`````diff\ndata.x:\n-```\n+````\n+# hi\n`````\n');
  });
  it('escapes mentions, references, tables and HTML in texts', () => {
    const text = planMarkdown(plan([], { notes: ['@all #1 | <img> `x`'] }));
    expect(text).toContain('&#64;&#8203;all &#35;&#8203;1 &#124; &#60;img&#62; &#96;x&#96;');
  });
  it('drops the least important steps when it grows too long, and says how many', () => {
    const fields = Array.from({ length: 100 }, (_, index) => ({ path: `spec.f${index}`, from: 'x'.repeat(100), to: 'y'.repeat(100) }));
    const many = [step('prune', 'gone'), ...Array.from({ length: 50 }, (_, index) => step('configure', `w${index}`, { changes: fields }))];
    const text = planMarkdown(plan(many));
    expect(text.length).toBeLessThan(65_536);
    expect(text).toContain('- Deployment shop/gone');
    expect(text).toContain('of 51 resources: 50 shortened');
  });
});

describe('wording', () => {
  it.each([
    [{ path: 'a', to: 1 }, 'a: + 1'],
    [{ path: 'a', from: 'x' }, 'a: - x'],
    [{ path: 'a', from: [1], to: { b: 2 } }, 'a: [1] → {"b":2}'],
  ])('writes the change %j', (change, text) => {
    expect(changeText(change)).toBe(text);
  });
  it('counts what there is', () => {
    expect(summaryText({ ...none, create: 2, prune: 1 })).toBe('2 to create, 1 to delete');
    expect(printable('a\u0007b\u202ec')).toBe('a\\x07b\\x202ec');
  });
});
