/** A TCP proxy in front of a server, which a test can cut, stop, or have swallow the answer to a commit. */
import { createServer, connect, type Socket } from 'node:net';

export interface Proxy {
  readonly port: number;
  /** Ends every connection that is open. */
  cut(): void;
  /** Lets nothing through in either direction, while connections stay open and new ones are taken. */
  hold(): void;
  /** Refuses: open connections end, new ones are closed at once. */
  refuse(): void;
  /** Lets everything through again. */
  release(): void;
  /** Swallows the answer to the next commit, and ends its connection. Calls back when it has. */
  loseNextCommit(done: () => void): void;
  close(): Promise<void>;
}

/** The end of a transaction, and the statements that are one: as they are sent, the latter by the name of what is bound. */
const commits = ['commit\0', '\0ledger-', '\0claim\0', '\0accept\0'].map((text) => Buffer.from(text));

export async function startProxy(targetPort: number): Promise<Proxy> {
  let mode: 'pass' | 'hold' | 'refuse' = 'pass';
  let onCommitLost: (() => void) | undefined;
  const pairs = new Set<readonly [Socket, Socket]>();

  const server = createServer((inner) => {
    if (mode === 'refuse') {
      inner.destroy();
      return;
    }
    const outer = connect(targetPort, '127.0.0.1');
    const pair = [inner, outer] as const;
    pairs.add(pair);
    let isLosing: (() => void) | undefined;
    inner.on('data', (chunk) => {
      if (onCommitLost !== undefined && commits.some((commit) => chunk.includes(commit))) {
        isLosing = onCommitLost;
        onCommitLost = undefined;
      }
      outer.write(chunk);
    });
    outer.on('data', (chunk) => {
      if (isLosing === undefined) {
        inner.write(chunk);
        return;
      }
      isLosing();
      inner.destroy();
    });
    const end = () => {
      pairs.delete(pair);
      inner.destroy();
      outer.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
      if (mode === 'hold') socket.pause();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');

  const cut = () => {
    for (const [inner, outer] of pairs) {
      inner.destroy();
      outer.destroy();
    }
  };
  return {
    port: address.port,
    cut,
    hold() {
      mode = 'hold';
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    refuse() {
      mode = 'refuse';
      cut();
    },
    release() {
      mode = 'pass';
      onCommitLost = undefined;
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    loseNextCommit(done) {
      onCommitLost = done;
    },
    async close() {
      cut();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
