import type { Transport } from '../api/http.ts';
import type { User } from '../apiserver/context.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { connect, type Connection } from '../client/connect.ts';
import type { Identities } from './identities.ts';

export interface EmbedOptions {
  readonly handle: Transport;
  readonly identities: Identities;
  readonly clock: Clock;
  readonly random: Random;
}

/** The whole seam: a client of the embedded API server that calls as `user`. `agent` is the user agent, and so the field manager. */
export function embed(options: EmbedOptions, user: User, agent: string): Connection {
  const { handle, identities, clock, random } = options;
  return connect(handle, { clock, random, userAgent: agent, authorization: identities.authorization(user) });
}
