import { dataDirOption, flag, type Command } from '../command.ts';
import { askToKeepPods } from '../keep-pods.ts';
import { print, say } from '../output.ts';
import { alive, findRunning } from '../running.ts';

export const downCommand: Command = {
  name: 'down',
  summary: 'ends the `steer up` that runs; its data stays',
  options: [dataDirOption, { flags: '--keep-pods', summary: 'leave its pods running; the next `steer up` takes them over' }],
  examples: [
    ['steer down', 'end the only one that runs'],
    ['steer down --data-dir ./data', 'end that one'],
    ['steer down --keep-pods', 'to start a newer version without a pause'],
  ],
  run: async (call) => {
    const { environment } = call;
    const running = findRunning(call);
    say(environment, `target: embedded cluster at ${running.url} (${running.directory})`);
    if (flag(call, 'keepPods')) askToKeepPods(running.directory);
    process.kill(running.pid, 'SIGTERM');
    for (let waitedMs = 0; alive(running.pid); waitedMs += 50) {
      if (waitedMs >= 15_000) throw new Error(`process ${running.pid} has not ended within 15 s`);
      await environment.clock.sleep(50, { signal: environment.interrupted });
    }
    print(environment, `ended; its data is in ${running.directory}`);
    return 0;
  },
};
