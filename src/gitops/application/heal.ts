import { timestamp } from '../../base/clock.ts';
import type { Result } from '../../reconcile/controller.ts';
import type { Step } from '../plan.ts';
import { driftOf, sayHealed } from './healed.ts';
import { healthOfAll, overall, worstText } from './gate.ts';
import { publish, type Report } from './publish.ts';
import { short, targetOf } from './operation.ts';
import type { Survey } from './survey.ts';
import type { Subject, Surroundings } from './surroundings.ts';
import { inspectionsOf, runSteps } from './waves.ts';

/** More heals of one object than this in the window, and somebody else is at work on it. */
const fightCount = 3;
const fightWindowMs = 60_000;
/**
 * How long it is left alone then. Not longer each time: six writes a minute harm nobody, and nothing tells whether the other still writes,
 * so that all of a longer pause would be waited for in vain when it has stopped.
 */
const pauseMs = 10_000;

/** What somebody changed of what was applied: brought back at once, or only said. Answers when to look again. */
export async function settle(around: Surroundings, subject: Subject, found: Survey, extra: Report = {}): Promise<Result> {
  const { settings } = subject;
  const drifted = found.steps.filter((step) => step.send !== 'nothing' && step.prune === undefined);
  const quiet = drifted.filter((step) => step.send === 'own');
  const loud = drifted.filter((step) => step.send !== 'own');
  const mayWrite = settings.drift === 'heal' && !settings.suspend;
  const { now, later } = mayWrite ? divide(around, subject, loud) : { now: [], later: loud };
  const trouble = mayWrite ? await runHeals(around, subject, { found, now, quiet }) : undefined;
  const all = await healthOfAll(around, inspectionsOf(found.steps));
  const { health, summary } = overall(all);
  const blocked = found.steps.find((step) => step.action === 'blocked');
  const text = trouble ?? sentence(around, subject, { later, blocked, worst: worstText(all), commit: found.wanted.commit });
  const sync = later.length > 0 || blocked !== undefined || trouble !== undefined ? 'OutOfSync' : 'Synced';
  const reason = later.length > 0 ? 'Drift' : blocked === undefined ? undefined : 'Blocked';
  await publish(around, subject, {
    sync,
    health,
    summary,
    message: text,
    held: null,
    target: targetOf(found),
    ...(reason === undefined ? {} : { reason }),
    stalled: blocked !== undefined,
    ...extra,
  });
  const pauses = later.map((step) => subject.tracked.heals.get(step.name)?.until ?? 0).filter((until) => until > 0);
  if (mayWrite && pauses.length > 0) return { requeueAfterMs: Math.max(1, Math.min(...pauses) - around.context.clock.now()) };
  return trouble === undefined ? undefined : { requeueAfterMs: 1000 };
}

/** Those that are healed now, and those that are left alone for a while because somebody keeps changing them. */
function divide(around: Surroundings, { tracked }: Subject, steps: readonly Step[]): { now: Step[]; later: Step[] } {
  const time = around.context.clock.now();
  const now: Step[] = [];
  const later: Step[] = [];
  for (const step of steps) {
    const record = tracked.heals.get(step.name) ?? { times: [], until: 0, writer: '' };
    tracked.heals.set(step.name, record);
    if (record.until > time) later.push(step);
    else now.push(step);
  }
  return { now, later };
}

async function runHeals(
  around: Surroundings,
  subject: Subject,
  { found, now, quiet }: { found: Survey; now: readonly Step[]; quiet: readonly Step[] },
): Promise<string | undefined> {
  const groups = [...new Set([...now, ...quiet].map((step) => step.group))].sort((a, b) => a - b);
  for (const group of groups) {
    const progress = await runSteps(
      subject,
      found,
      [...now, ...quiet].filter((step) => step.group === group),
    );
    if (progress !== undefined) return progress.message;
  }
  for (const step of now) noteHeal(around, subject, step);
  return undefined;
}

function noteHeal(around: Surroundings, { application, tracked }: Subject, step: Step): void {
  const time = around.context.clock.now();
  const record = tracked.heals.get(step.name);
  const finding = driftOf(step);
  sayHealed(around, application, step);
  if (record === undefined) return;
  record.times = [...record.times.filter((at) => time - at < fightWindowMs), time];
  record.writer = finding?.writer ?? record.writer;
  if (record.times.length <= fightCount) return;
  record.until = time + pauseMs;
  const writer = record.writer === '' ? 'somebody' : record.writer;
  const text = `${step.name}: steersman and ${writer} both keep setting ${finding?.fields?.join(', ') ?? 'it'}; it is left alone for ${pauseMs / 1000} s`;
  around.context.event(application, 'Warning', 'WritersFight', text);
}

/** The one sentence about a state that is not as it should be; else what runs. */
function sentence(
  around: Surroundings,
  { tracked, settings }: Subject,
  state: { later: readonly Step[]; blocked: Step | undefined; worst: string | undefined; commit: string },
): string {
  const [first] = state.later;
  if (first !== undefined) return driftSentence(around, { tracked, settings }, first, state.later.length - 1);
  if (state.blocked !== undefined) return `${state.blocked.name}: ${state.blocked.why ?? 'it cannot be applied'}`;
  return state.worst ?? `${short(state.commit)} is applied and healthy`;
}

function driftSentence(
  around: Surroundings,
  { tracked, settings }: Pick<Subject, 'tracked' | 'settings'>,
  step: Step,
  more: number,
): string {
  const finding = driftOf(step);
  const since = finding?.time === undefined ? '' : ` since ${finding.time}`;
  const others = more > 0 ? ` (and ${more} more)` : '';
  const what = `${step.name}: ${finding?.message ?? step.why ?? 'it is not as it was applied'}${since}${others}`;
  if (settings.suspend) return `${what}; nothing is set back while the application is suspended`;
  if (settings.drift === 'report') return `${what}; it is only reported, as spec.drift says`;
  const record = tracked.heals.get(step.name);
  const until = timestamp({ now: () => record?.until ?? around.context.clock.now() });
  const writer = record === undefined || record.writer === '' ? 'somebody' : record.writer;
  return `${what}; steersman and ${writer} both keep setting it; next try at ${until}`;
}
