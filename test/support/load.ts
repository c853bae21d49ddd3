import { get } from 'node:http';

/** One request: when it was sent and when it had its end, in milliseconds. */
export interface Shot {
  readonly sent: number;
  readonly ended: number;
  /** The pod that answered its heading, where one did. */
  readonly pod: string | undefined;
  readonly version: string | undefined;
  /** What went wrong. */
  readonly error: string | undefined;
}
/** Requests at an even rate, each on a connection of its own. */
export interface Load {
  readonly shots: readonly Shot[];
  /** Ends it and waits for the answers that are still to come. */
  stop(): Promise<readonly Shot[]>;
}

/** Sends `rate` requests a second to `url`, whether the earlier ones are answered or not. */
export function startLoad(url: string, rate: number): Load {
  const shots: Shot[] = [];
  const open = new Set<Promise<void>>();
  const from = Date.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (const due = ((Date.now() - from) * rate) / 1000; sent < due; sent++) {
      const shot: Promise<void> = shoot(url).then((one) => {
        shots.push(one);
        open.delete(shot);
      });
      open.add(shot);
    }
  }, 5);
  return {
    shots,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
      return shots;
    },
  };
}

/** Sends one request; never fails. */
export function shoot(url: string): Promise<Shot> {
  const sent = Date.now();
  let heading: Pick<Shot, 'pod' | 'version'> = { pod: undefined, version: undefined };
  return new Promise((resolve) => {
    const done = (error?: string) => resolve({ sent, ended: Date.now(), ...heading, error });
    const request = get(url, { agent: false, timeout: 10_000 }, (response) => {
      const told = (name: string) => String(response.headers[name]);
      heading = { pod: told('pod'), version: told('version') };
      response.on('error', (error) => done(error.message));
      response.on('end', () => done(response.statusCode === 200 ? undefined : `status ${response.statusCode}`));
      response.resume();
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 10 s')));
    request.on('error', (error) => done(error.message));
  });
}

/** How often each value occurs. */
export function counted(values: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value ?? 'none'] = (counts[value ?? 'none'] ?? 0) + 1;
  return counts;
}
/** The value below which the given part of them lies. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN;
}
