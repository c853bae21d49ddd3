import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Forecast } from '../../api/forecast.ts';
import type { Plan } from '../../api/plan.ts';
import type { ApplicationReview, Review } from '../../api/review.ts';
import { errorText } from '../../base/log.ts';
import { problemText } from '../../gitops/renderer.ts';
import { loadKinds } from '../../kinds/load.ts';
import type { Paint } from '../../report/paint.ts';
import { planMarkdown } from '../../report/markdown.ts';
import { planText } from '../../report/text.ts';
import { planBlocked, planChanges, printable } from '../../report/wording.ts';
import { flag, text, type Call } from '../command.ts';
import type { Environment } from '../environment.ts';
import { openEngine, type Engine } from '../engine.ts';
import { forecastWish } from '../forecast-options.ts';
import { outputFormat, paintFor, print, say, UsageError } from '../output.ts';
import { planInputs, planLive, type PlanInputs } from '../plan-inputs.ts';
import { tellWith } from '../review-run.ts';
import { reviewFormats, type ReviewFormat } from '../review-formats.ts';
import { commandFor, hideRules, reviewOutput } from '../show-review.ts';
import { stderrLog } from '../stderr-log.ts';
import { chartCaches } from '../source-options.ts';

/** `steer plan`: shows what a sync or a merge would change, and changes nothing. Answers the exit code. */
export async function runPlan(call: Call): Promise<number | undefined> {
  const format = outputFormat(text(call, 'output'), reviewFormats);
  const inputs = planInputs(call);
  const wish = await forecastWish(call);
  if (wish !== undefined && inputs.from === undefined) throw new UsageError('--forecast tells what a merge does: it needs --from');
  if (hideRules(call).length > 0 && text(call, 'out') !== undefined)
    throw new UsageError('--hide with --out: a plan that is to be applied must hold what it does');
  const log = stderrLog(call.environment);
  const kinds = inputs.from === undefined ? [] : loadKinds();
  const engine = openEngine(call.environment, log, { kinds, remembers: true, chartCaches: chartCaches(call) });
  try {
    const once = async (): Promise<Outcome> => {
      if (inputs.from === undefined) return planLive(call, inputs, engine);
      const told = await tellWith(call, inputs, { engine, log, kinds, wish });
      return told.forecast === undefined ? outcomeOf(told.review, inputs) : { ...told, target: offlineTarget };
    };
    if (flag(call, 'watch')) return await watchPlans(call, inputs, { engine, once, format });
    const outcome = await once();
    show(call, outcome, format);
    return exitCode(call, outcome);
  } finally {
    await engine.sources.close();
  }
}

/** One plan, or a review of all applications of a repository. */
type Outcome = { readonly target: string } & (
  { readonly plan: Plan; readonly notes?: Review['notUnderstood'] } | { readonly review: Review; readonly forecast?: Forecast }
);
const offlineTarget = 'no cluster: both revisions are held against an API server in memory';

/** A path that was given a name is one application, and there is nothing else to say where that fails. */
function outcomeOf(review: Review, { named }: PlanInputs): Outcome {
  const [only] = review.applications;
  if (!named || only === undefined) return { review, target: offlineTarget };
  if (only.plan !== undefined) return { plan: only.plan, notes: review.notUnderstood, target: offlineTarget };
  throw new Error(failureLines(only).join('\n'));
}

function failureLines({ failure }: ApplicationReview): string[] {
  if (failure === undefined) return [];
  return failure.problems.length === 0 ? [failure.message] : failure.problems.map((problem) => problemText(problem));
}

function plansIn(outcome: Outcome): readonly Plan[] {
  return 'plan' in outcome ? [outcome.plan] : outcome.review.applications.flatMap(({ plan }) => plan ?? []);
}

function exitCode(call: Call, outcome: Outcome): number {
  const plans = plansIn(outcome);
  const { applications, cautions } = 'review' in outcome ? outcome.review : { applications: [], cautions: [] };
  const findings = 'review' in outcome ? (outcome.forecast?.findings ?? []) : [];
  if (applications.some(({ change }) => change === 'failed')) return 1;
  if (!flag(call, 'detailedExitcode')) return 0;
  if (!plans.some((plan) => planChanges(plan))) return 0;
  return plans.some((plan) => planBlocked(plan)) || [...cautions, ...findings].some(({ severity }) => severity === 'blocker') ? 3 : 2;
}

type Format = ReviewFormat;
function show(call: Call, outcome: Outcome, format: Format): void {
  const { environment } = call;
  const paint = paintFor(environment);
  const line = `target: ${outcome.target}`;
  const out = text(call, 'out');
  if (out !== undefined) writeFileSync(resolve(environment.directory, out), `${JSON.stringify(onePlan(outcome), undefined, 2)}\n`);
  if ('review' in outcome) sayFailures(environment, outcome.review);
  if (format === 'text') print(environment, paint.faint(line));
  else say(environment, line);
  print(
    environment,
    'plan' in outcome
      ? planOutput(outcome.plan, { format, paint })
      : reviewOutput(environment, outcome.review, { format, forecast: outcome.forecast, command: commandFor(call, outcome.review) }),
  );
  if ('plan' in outcome) sayNotes(environment, outcome.notes ?? []);
  if (out !== undefined) say(environment, `the plan is in ${out}: \`steer apply ${out}\` applies exactly it`);
}

/** What makes the exit code 1, where errors stand, whatever form the report has. */
function sayFailures(environment: Environment, { applications }: Review): void {
  for (const one of applications) {
    if (one.change === 'failed')
      for (const line of failureLines(one)) say(environment, `error: ${printable(`${one.application.name}: ${line}`)}`);
  }
}

/** What a report of several applications lists beside their plans. */
function sayNotes(environment: Environment, notes: Review['notUnderstood']): void {
  for (const { path, line, message } of notes) {
    const place = path === '' ? '' : `${path}${line === undefined ? '' : `:${line}`}: `;
    say(environment, `note: ${printable(`${place}${message}`)}`);
  }
}

function planOutput(plan: Plan, { format, paint }: { format: Format; paint: Paint }): string {
  if (format === 'html') throw new UsageError('-o html: shows a review, so it needs --from, and no --name');
  if (format === 'json') return `${JSON.stringify(plan, undefined, 2)}\n`;
  return format === 'text' ? planText(plan, { paint }) : planMarkdown(plan);
}

/** What a file can hold. */
function onePlan(outcome: Outcome): Plan {
  const plans = plansIn(outcome);
  if (plans.length === 1) return plans[0] as Plan;
  const what = plans.length === 0 ? 'nothing changes' : `${plans.length} applications change`;
  throw new UsageError(`--out: a file holds the plan of one application, and ${what}: name one with --app`);
}

/** Plans at each change of the source until the interrupt. A source that does not parse is said, and waited for. */
async function watchPlans(
  call: Call,
  inputs: PlanInputs,
  about: { engine: Engine; once: () => Promise<Outcome>; format: Format },
): Promise<number> {
  const { environment } = call;
  if (inputs.from !== undefined && inputs.to !== undefined)
    throw new UsageError('--watch with --from and --to: both are fixed, nothing can change');
  let wake = () => undefined as void;
  let changed = true;
  using watch = about.engine.sources.watch(inputs.source, () => {
    changed = true;
    wake();
  });
  environment.interrupted.addEventListener('abort', () => wake());
  let shown = '';
  while (!environment.interrupted.aborted) {
    if (!changed) await new Promise<void>((resolved) => (wake = resolved));
    if (environment.interrupted.aborted) break;
    changed = false;
    try {
      const outcome = await about.once();
      const ids = plansIn(outcome)
        .map(({ planId }) => planId)
        .join(' ');
      if (ids !== shown) show(call, { ...outcome, target: `${outcome.target}; ${watch.how}` }, about.format);
      shown = ids;
    } catch (error) {
      say(environment, `error: ${errorText(error)}`);
    }
  }
  return 0;
}
