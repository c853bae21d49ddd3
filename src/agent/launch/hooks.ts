import type { LifecycleHandler } from '../../api/kinds.generated.ts';
import { getOnce } from '../probes/http.ts';
import { runCommand } from '../probes/exec.ts';
import type { ProbeTarget } from '../probes/target.ts';

/**
 * Runs a postStart or preStop hook until it has ended or `signal`. A scripted container (of the simulated runtime) runs no command and
 * answers no request: of its hooks only a sleep takes time. @throws Error that says why it failed
 */
export async function runHook(handler: LifecycleHandler, target: ProbeTarget, signal: AbortSignal): Promise<void> {
  const { exec, httpGet, sleep } = handler;
  if (sleep !== undefined) return target.clock.sleep(sleep.seconds * 1000, { signal });
  if (target.running.probe !== undefined) return;
  if (exec !== undefined) {
    const { code } = await runCommand(exec.command ?? [], target, signal);
    if (code !== 0) throw new Error(`command '${(exec.command ?? []).join(' ')}' exited with ${code}`);
  }
  if (httpGet !== undefined) await getOnce(httpGet, target, signal);
}
