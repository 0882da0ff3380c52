/**
 * A server in use by tests. Stopped and started again, it has the same URL and the same data. Stopping one that is
 * stopped and starting one that runs does nothing.
 */
export interface TestServer {
  url: string;
  port: number;
  /** What it is and where it came from, for people. */
  description: string;
  /** Ends the server in good order. */
  stop(): Promise<void>;
  /** Ends the server as a crash would, without a chance to write anything. */
  kill(): Promise<void>;
  /** Starts it again after `stop` or `kill`. */
  start(): Promise<void>;
  /** Keeps it from doing anything, connections stay open. */
  pause(): Promise<void>;
  /** Lets it go on after `pause`. */
  resume(): Promise<void>;
  /** Ends it for good; a container is removed. */
  remove(): Promise<void>;
}

/** The server, which does what it is asked one after the other: two faults may stop and start it at the same time. */
export function inTurn(server: TestServer): TestServer {
  let last: Promise<unknown> = Promise.resolve();
  const turn = (act: () => Promise<void>) => (): Promise<void> => {
    const done = last.then(act);
    last = done.catch(() => undefined);
    return done;
  };
  return {
    ...server,
    stop: turn(() => server.stop()),
    kill: turn(() => server.kill()),
    start: turn(() => server.start()),
    pause: turn(() => server.pause()),
    resume: turn(() => server.resume()),
    remove: turn(() => server.remove()),
  };
}

/** Where servers come from when `TEST_SERVICES` says so; otherwise the first way that works is taken. */
export type ServiceSource = 'docker' | 'local' | 'apt';

/** Reads `TEST_SERVICES`; undefined when it isn't set. */
export function forcedSource(): ServiceSource | undefined {
  const value = process.env['TEST_SERVICES'];
  if (value === undefined || value === '') return undefined;
  if (value === 'docker' || value === 'local' || value === 'apt') return value;
  throw new Error(`TEST_SERVICES must be docker, local or apt, not ${value}.`);
}

/** Refuses what can't be done to a server that isn't ours. */
export function notOurs(): Promise<never> {
  return Promise.reject(new Error('This server belongs to somebody else.'));
}
