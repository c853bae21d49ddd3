import { Ajv, type ValidateFunction } from 'ajv';
import type { CommitStatus } from './forge.ts';

/** What a job without the right to comment leaves to one that has it. */
export interface CommentFile {
  readonly apiVersion: 'steersman.dev/v1';
  readonly kind: 'PullRequestComments';
  readonly pull: string;
  /** The commit of the pull request that was planned. */
  readonly commit: string;
  readonly instance: string;
  readonly bodies: readonly string[];
  readonly status: Pick<CommitStatus, 'state' | 'description'>;
}

const mostBodies = 20;
const schema = {
  type: 'object',
  required: ['apiVersion', 'kind', 'pull', 'commit', 'instance', 'bodies', 'status'],
  additionalProperties: false,
  properties: {
    apiVersion: { const: 'steersman.dev/v1' },
    kind: { const: 'PullRequestComments' },
    pull: { type: 'string', pattern: '^[1-9][0-9]{0,9}$' },
    commit: { type: 'string', pattern: '^[0-9a-f]{40}([0-9a-f]{24})?$' },
    instance: { type: 'string', maxLength: 100 },
    bodies: { type: 'array', minItems: 1, maxItems: mostBodies, items: { type: 'string', maxLength: 1_000_000 } },
    status: {
      type: 'object',
      required: ['state', 'description'],
      additionalProperties: false,
      properties: { state: { enum: ['success', 'failure', 'error'] }, description: { type: 'string', maxLength: 1000 } },
    },
  },
} as const;
/** Compiled when it is first needed: that takes longer than most commands. */
let compiled: ValidateFunction<CommentFile> | undefined;

/** Reads what another job wrote; it may be anybody's. @throws Error that names what is wrong */
export function readCommentFile(text: string, name: string): CommentFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is no JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const check = (compiled ??= new Ajv({ allErrors: true }).compile<CommentFile>(schema));
  if (check(value)) return value;
  const problems = (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`.trim());
  throw new Error(`${name} is not what \`steer pr --write\` writes: ${problems.join('; ')}`);
}
