import { createInterface } from 'node:readline/promises';
import { Application } from '../../api/kinds.generated.ts';
import { keyOf, keyText } from '../../api/object.ts';
import type { Plan } from '../../api/plan.ts';
import { planOnce, sourceOfApplication } from '../../gitops/plan-once.ts';
import { planText } from '../../report/text.ts';
import { printable } from '../../report/wording.ts';
import { lookUntil, pickApplication } from '../application.ts';
import { text, type Call } from '../command.ts';
import { openEngine } from '../engine.ts';
import { print, say } from '../output.ts';
import { withSession, type Session } from '../session.ts';
import { stderrLog } from '../stderr-log.ts';

/** `steer approve`: approves the plan that is held, after showing it. Answers the exit code. */
export function runApprove(call: Call): Promise<number | undefined> {
  return withSession(call, async (session) => {
    const picked = await pickApplication(session, call.arguments[0], call);
    const wanted = text(call, 'plan');
    const application = await withHeldPlan(session, picked, wanted);
    const id = application.status?.held?.planId ?? '';
    if (wanted === undefined && !(await confirmed(session, application))) return 1;
    await session.cluster.patch(Application, keyOf(application), { metadata: { annotations: { 'steersman.dev/approve': id } } });
    await taken(session, application, id);
    return 0;
  });
}

/** So long a plan that is being made again, or is not taken up yet, is waited for. */
const patienceMs = 3_000;

/** A held plan is made again at each change of the cluster and is away for a moment meanwhile. @throws Error that says what is held */
async function withHeldPlan(
  session: Session,
  application: Readonly<Application>,
  wanted: string | undefined,
): Promise<Readonly<Application>> {
  const holds = ({ status }: Readonly<Application>) => status?.held !== undefined && (wanted ?? status.held.planId) === status.held.planId;
  const live = holds(application) ? application : await lookUntil(session, keyOf(application), holds, patienceMs);
  const { held, message } = live.status ?? {};
  const name = keyText(keyOf(live));
  if (held === undefined) throw new Error(`no plan of ${name} is held${message === undefined ? '' : `: ${printable(message)}`}`);
  if (!holds(live)) throw new Error(`the plan that is held is ${held.planId}, not ${wanted ?? ''}`);
  return live;
}

/** Waits until the approval was taken up. @throws Error when the plan became another one before that */
async function taken(session: Session, application: Readonly<Application>, id: string): Promise<void> {
  const key = keyOf(application);
  const live = await lookUntil(session, key, ({ status }) => status?.held?.planId !== id, patienceMs);
  const held = live.status?.held;
  if (held !== undefined && held.planId !== id) {
    throw new Error(`the plan changed while it was approved, so nothing of it is applied: it is ${held.planId} now; look again`);
  }
  const later = held === undefined ? '' : '; it is not taken up yet: see `steer status`';
  print(session.environment, `plan ${id} of ${keyText(key)} is approved${later}`);
}

async function confirmed(session: Session, application: Readonly<Application>): Promise<boolean> {
  const { environment } = session;
  const id = application.status?.held?.planId ?? '';
  const plan = await heldPlan(session, application);
  print(environment, `${keyText(keyOf(application))} holds the plan ${id}:`);
  for (const reason of application.status?.held?.reasons ?? []) print(environment, `  ${printable(reason)}`);
  if (plan.planId !== id) throw new Error(`the plan has changed meanwhile: it is ${plan.planId} now; look again`);
  print(environment, `\n${planText(plan, { paint: session.paint })}`);
  return asked(session, id);
}

/** The plan as it would be made now, with all its steps: equal to the held one while nothing has changed. */
async function heldPlan(session: Session, application: Readonly<Application>): Promise<Plan> {
  const { cluster, environment } = session;
  const engine = openEngine(environment, stderrLog(environment));
  try {
    const source = await sourceOfApplication(cluster, application);
    const request = { ...engine, cluster, source, application: keyOf(application), signal: environment.interrupted };
    return (await planOnce(request)).plan;
  } finally {
    await engine.sources.close();
  }
}

async function asked(session: Session, id: string): Promise<boolean> {
  const { environment } = session;
  if (!environment.stdin.isTTY) {
    say(environment, `not approved: there is no terminal to ask on; approve it with --plan ${id}`);
    return false;
  }
  const questions = createInterface({ input: environment.stdin, output: environment.stderr });
  try {
    const answer = await questions.question('Apply it? Only "yes" is taken: ', { signal: environment.interrupted });
    if (answer.trim() === 'yes') return true;
    say(environment, 'not approved');
    return false;
  } finally {
    questions.close();
  }
}
