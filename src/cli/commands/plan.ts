import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Plan } from '../../api/plan.ts';
import { errorText } from '../../base/log.ts';
import { loadKinds } from '../../kinds/load.ts';
import { planMarkdown } from '../../report/markdown.ts';
import { planText } from '../../report/text.ts';
import { planBlocked, planChanges } from '../../report/wording.ts';
import { dataDirOption, flag, text, type Call, type Command } from '../command.ts';
import { openEngine, type Engine } from '../engine.ts';
import { outputFormat, paintFor, print, printJson, say, UsageError } from '../output.ts';
import { planInputs, planLive, planOffline, type PlanInputs, type Planned } from '../plan-inputs.ts';
import { stderrLog } from '../up.ts';
import { sourceOptions } from '../up-options.ts';

export const planCommand: Command = {
  name: 'plan',
  summary: 'shows what a sync or a merge would change, and changes nothing',
  arguments: [{ name: 'REPO', summary: 'repository or folder (default: the present folder)', completes: 'files' }],
  options: [
    ...sourceOptions,
    { flags: '--from REV', summary: 'plan between two revisions, without a cluster: begin here' },
    { flags: '--to REV', summary: '… and end here', defaultsTo: 'HEAD' },
    { flags: '--revision REF', summary: 'what to plan against the live cluster', defaultsTo: 'the default branch' },
    { flags: '--kubeconfig F', summary: 'plan against the cluster of this kubeconfig' },
    { flags: '--context NAME', summary: 'context of the kubeconfig', defaultsTo: 'its current one' },
    dataDirOption,
    { flags: '--name APP', summary: 'application that the plan is for', defaultsTo: 'the one of the running `steer up`' },
    { flags: '--namespace NS', summary: 'of the application, and of objects that name none', defaultsTo: 'default' },
    { flags: '--watch', summary: 'plan again at each change' },
    { flags: '-o, --output FORMAT', summary: 'text, json or markdown', defaultsTo: 'text', values: ['text', 'json', 'markdown'] },
    { flags: '--out FILE', summary: 'also write the plan to a file, for `steer apply`' },
    { flags: '--detailed-exitcode', summary: '0 nothing to do, 2 changes, 3 changes with blockers, 1 error' },
  ],
  examples: [
    ['steer plan --from main --to HEAD', 'what a merge would change, without a cluster'],
    ['steer plan . --path clusters/dev --out p.json', 'against the running `steer up`; `steer apply p.json` applies exactly that'],
    ['steer plan --from origin/main -o markdown', 'for a comment in a pull request'],
  ],
  run: async (call) => {
    const format = outputFormat(text(call, 'output'), ['text', 'json', 'markdown']);
    const inputs = planInputs(call);
    const log = stderrLog(call.environment);
    const kinds = inputs.from === undefined ? [] : loadKinds();
    const engine = openEngine(call.environment, log, { kinds });
    try {
      const once = () => (inputs.from === undefined ? planLive(call, inputs, engine) : planOffline(call, inputs, { engine, log, kinds }));
      if (flag(call, 'watch')) return await watchPlans(call, inputs, { engine, once, format });
      const { plan, target } = await once();
      show(call, plan, { format, target });
      return flag(call, 'detailedExitcode') ? detailed(plan) : 0;
    } finally {
      await engine.sources.close();
    }
  },
};

function detailed(plan: Plan): number {
  if (!planChanges(plan)) return 0;
  return planBlocked(plan) ? 3 : 2;
}

type Format = 'text' | 'json' | 'markdown';
function show(call: Call, plan: Plan, about: { format: Format; target: string }): void {
  const { environment } = call;
  const paint = paintFor(environment);
  const line = `target: ${about.target}`;
  const out = text(call, 'out');
  if (out !== undefined) writeFileSync(resolve(environment.directory, out), `${JSON.stringify(plan, undefined, 2)}\n`);
  if (about.format === 'text') print(environment, `${paint.faint(line)}\n${planText(plan, { paint })}`);
  else {
    say(environment, line);
    if (about.format === 'json') printJson(environment, plan);
    else print(environment, planMarkdown(plan));
  }
  if (out !== undefined) say(environment, `the plan is in ${out}: \`steer apply ${out}\` applies exactly it`);
}

/** Plans at each change of the source until the interrupt. A source that does not parse is said, and waited for. */
async function watchPlans(
  call: Call,
  inputs: PlanInputs,
  about: { engine: Engine; once: () => Promise<Planned>; format: Format },
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
      const { plan, target } = await about.once();
      if (plan.planId !== shown) show(call, plan, { format: about.format, target: `${target}; ${watch.how}` });
      shown = plan.planId;
    } catch (error) {
      say(environment, `error: ${errorText(error)}`);
    }
  }
  return 0;
}
