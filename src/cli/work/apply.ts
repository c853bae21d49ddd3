import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Application } from '../../api/kinds.generated.ts';
import { keyText, refText } from '../../api/object.ts';
import type { Plan } from '../../api/plan.ts';
import { isNotFound } from '../../api/status.ts';
import { isRecord } from '../../base/json.ts';
import { changesSomething, summaryText } from '../../report/wording.ts';
import { ask } from '../application.ts';
import type { Call } from '../command.ts';
import { openEngine } from '../engine.ts';
import { print, UsageError } from '../output.ts';
import { planInputs, planLive } from '../plan-inputs.ts';
import { withSession } from '../session.ts';
import { stderrLog } from '../stderr-log.ts';

/** `steer apply`: applies exactly a plan that was saved, or the newest state of a repository. Answers the exit code. */
export async function runApply(call: Call): Promise<number | undefined> {
  const given = call.arguments[0] ?? '';
  const file = resolve(call.environment.directory, given);
  const plan = existsSync(file) && statSync(file).isFile() ? readPlan(file, given) : await planOf(call);
  return applyPlan(call, plan);
}

async function planOf(call: Call): Promise<Plan> {
  const engine = openEngine(call.environment, stderrLog(call.environment));
  try {
    return (await planLive(call, planInputs(call), engine)).plan;
  } finally {
    await engine.sources.close();
  }
}

/** @throws UsageError for what is no plan of ours */
export function readPlan(file: string, name: string): Plan {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${name}: is no JSON: ${(error as Error).message}`);
  }
  if (!isRecord(content) || content['kind'] !== 'Plan' || content['apiVersion'] !== 'steersman.dev/v1') {
    throw new UsageError(`${name}: is no plan: make one with \`steer plan --out ${name}\``);
  }
  const complete =
    typeof content['planId'] === 'string' &&
    Array.isArray(content['steps']) &&
    isRecord(content['source']) &&
    isRecord(content['application']);
  if (!complete) throw new UsageError(`${name}: the plan is incomplete: make it again with \`steer plan --out ${name}\``);
  return content as unknown as Plan;
}

function applyPlan(call: Call, plan: Plan): Promise<number> {
  return withSession(call, async (session) => {
    const { application: key, planId, source } = plan;
    const application = await session.cluster.get(Application, key).catch((error: unknown) => {
      if (isNotFound(error))
        throw new Error(`the plan is for the application ${keyText(key)}, which this cluster does not have`, { cause: error });
      throw error;
    });
    const steps = Object.fromEntries(plan.steps.filter((step) => changesSomething(step)).map((step) => [refText(step.ref), step.digest]));
    if (Object.keys(steps).length === 0) {
      print(session.environment, `nothing to do: ${summaryText(plan.summary)}`);
      return 0;
    }
    print(session.environment, `applying ${planId} (${summaryText(plan.summary)})`);
    const live = await ask(session, application, { action: 'apply', commit: source.commit, planId, steps });
    print(session.environment, `applied ${planId}: revision ${live.status?.current?.number ?? '?'}, ${live.status?.health ?? 'Unknown'}`);
    return 0;
  });
}
