import type { Command } from '../command.ts';
import { applyCommand } from './apply.ts';
import { approveCommand } from './approve.ts';
import { captureCommand } from './capture.ts';
import { completeCommand, completionCommand } from './completion.ts';
import { deleteCommand } from './delete.ts';
import { demoCommand } from './demo.ts';
import { diffCommand } from './diff.ts';
import { downCommand } from './down.ts';
import { explainCommand } from './explain.ts';
import { historyCommand } from './history.ts';
import { kubeconfigCommand } from './kubeconfig.ts';
import { logsCommand } from './logs.ts';
import { planCommand } from './plan.ts';
import { prCommand } from './pr.ts';
import { replayCommand } from './replay.ts';
import { resumeCommand } from './resume.ts';
import { rollbackCommand } from './rollback.ts';
import { statusCommand } from './status.ts';
import { suspendCommand } from './suspend.ts';
import { upCommand } from './up.ts';
import { validateCommand } from './validate.ts';
import { versionCommand } from './version.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  upCommand,
  downCommand,
  planCommand,
  prCommand,
  replayCommand,
  applyCommand,
  statusCommand,
  explainCommand,
  historyCommand,
  diffCommand,
  rollbackCommand,
  resumeCommand,
  suspendCommand,
  approveCommand,
  deleteCommand,
  validateCommand,
  captureCommand,
  logsCommand,
  kubeconfigCommand,
  demoCommand,
  versionCommand,
  completionCommand,
  completeCommand,
];
