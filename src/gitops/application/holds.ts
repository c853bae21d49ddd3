import { Application } from '../../api/kinds.generated.ts';
import type { Result } from '../../reconcile/controller.ts';
import { changes } from '../plan-id.ts';
import { healthOfAll, overall } from './gate.ts';
import { short, targetOf } from './operation.ts';
import { publish, type Report } from './publish.ts';
import type { Survey } from './survey.ts';
import type { Subject, Surroundings } from './surroundings.ts';
import { inspectionsOf } from './waves.ts';

/** Nothing is pruned from a folder before it was still for so long. */
const stillMs = 2000;
/** How long pruning waits for other applications of the same source to say what they want. */
const siblingsMs = 10_000;

type Pause = Exclude<Result, void>;

/** Says why a sync does not start now, and when to look again; undefined when it may start. */
export async function waitsBecause(
  around: Surroundings,
  subject: Subject,
  { found, approved }: { found: Survey; approved: boolean },
): Promise<Pause | undefined> {
  const pending = pendingText(found);
  const say = async (report: Report, afterMs?: number): Promise<Pause> => {
    const { health, summary } = overall(await healthOfAll(around, inspectionsOf(found.steps)));
    await publish(around, subject, { sync: 'OutOfSync', health, summary, held: null, target: targetOf(found), ...report });
    // looking again recurs without work of its own; a calm that is waited for is work
    return afterMs !== undefined && afterMs < stillMs ? { requeueAfterMs: afterMs } : { requeueAfterMs: afterMs ?? 60_000, upkeep: true };
  };
  const blocked = found.steps.find((step) => step.action === 'blocked');
  if (blocked !== undefined) {
    return say(
      {
        message: `${blocked.name}: ${blocked.why ?? 'it cannot be applied'}; nothing of ${short(found.wanted.commit)} is applied before that is solved`,
        reason: 'Blocked',
        stalled: true,
      },
      5000,
    );
  }
  const { settings } = subject;
  if (settings.suspend) return say({ message: `the application is suspended; ${pending}`, reason: 'Suspended' });
  if (!settings.auto && !approved) return say({ message: `${pending}; spec.sync.auto is false`, reason: 'OutOfSync' });
  const unready = dependencyOf(around, subject);
  if (unready !== undefined)
    return say({ message: `waiting for application ${unready}, on which it depends; ${pending}`, reason: 'DependencyNotReady' }, 2000);
  const calm = calmsIn(around, subject, found);
  if (calm !== undefined) return say({ message: `${calm.why}; ${pending}`, reason: 'Progressing' }, calm.ms);
  if (found.holds.length === 0 || approved) return undefined;
  const held = { planId: found.planId, reasons: [...found.holds] };
  if (subject.application.status?.held?.planId !== found.planId) {
    around.context.event(subject.application, 'Warning', 'Held', `plan ${found.planId} waits for approval: ${found.holds.join('; ')}`);
  }
  const message = `plan ${found.planId} waits for approval: ${found.holds.join('; ')}; next: \`steer approve\``;
  return say({ sync: 'Held', held, message, reason: 'Held', stalled: true });
}

function pendingText(found: Survey): string {
  const count = found.steps.filter(changes).length;
  return `${count} ${count === 1 ? 'change of' : 'changes of'} ${short(found.wanted.commit)} ${count === 1 ? 'waits' : 'wait'}`;
}

function dependencyOf(around: Surroundings, { application, settings }: Subject): string | undefined {
  return settings.dependsOn.find((name) => {
    const other = around.context.informer(Application).get({ namespace: application.metadata.namespace ?? '', name });
    return other?.status?.sync !== 'Synced' || other.status.health !== 'Healthy';
  });
}

/** Deletions wait until a folder is still, and until the other applications of the source have said what they want. */
function calmsIn(around: Surroundings, { tracked, settings }: Subject, found: Survey): { ms: number; why: string } | undefined {
  if (!found.steps.some((step) => step.send === 'delete')) return undefined;
  const { wanted } = found;
  if (wanted.stillMs !== undefined && wanted.stillMs < stillMs) {
    tracked.sourceChanged = true;
    return { ms: stillMs - wanted.stillMs, why: 'the folder is still being written' };
  }
  const now = around.context.clock.now();
  const behind = around.registry.others(tracked.key).find((other) => {
    const spec = other.watched?.spec;
    return spec?.repo === settings.source.repo && spec.revision === settings.source.revision && other.artifact?.commit !== wanted.commit;
  });
  if (behind === undefined) {
    tracked.waitsSince = undefined;
    return undefined;
  }
  tracked.waitsSince ??= now;
  if (now - tracked.waitsSince >= siblingsMs) return undefined;
  return { ms: 200, why: `${behind.key.name} has not said yet what it wants of ${short(wanted.commit)}` };
}
