import type { ServerHttp2Session } from 'node:http2';
import type { Clock } from '../base/clock.ts';

const burst = 300;
const perSecond = 50;

/**
 * Ends a session that opens streams only to cancel them (CVE-2023-44487): 300 at once and 50 per second are let pass.
 * Ordinary clients cancel a stream when they stop a watch.
 */
export function limitResets(session: ServerHttp2Session, clock: Clock): void {
  let tokens = burst;
  let since = clock.now();
  session.on('stream', (stream) => {
    stream.once('aborted', () => {
      const now = clock.now();
      tokens = Math.min(burst, tokens + ((now - since) / 1000) * perSecond) - 1;
      since = now;
      if (tokens < 0) session.destroy();
    });
  });
}
