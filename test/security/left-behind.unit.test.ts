import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('no error that a connection has left behind ends the process: not at a secret, a cookie or a token', () => {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['test/security/left-behind.ts'], {
    encoding: 'utf8',
    env: {},
  });

  expect({ status, signal, stdout, stderr }).toEqual({
    status: 0,
    signal: null,
    stdout: 'survived\n',
    stderr: '',
  });
});
