/** The program as a package brings it: help, completions, and the Node that it needs. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { exitCodes } from '../../src/cli/exit.ts';
import { newPerson, run } from './support.ts';

test('--help names every command and every exit code', async () => {
  const { code, stdout } = await run(await newPerson(), ['--help']);
  expect(code).toBe(0);
  const commands =
    'init login logout status list plan create batch show watch timeline cancel resume rollback offboard forget callbacks preflight orphans keys doctor completion';
  for (const command of commands.split(' ')) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  for (const exitCode of Object.values(exitCodes))
    expect(stdout).toMatch(new RegExp(`^  ${exitCode} +\\w`, 'm'));
});

test.each(['bash', 'zsh', 'fish'])(
  'there is a completion for %s, and it knows commands and options',
  async (shell) => {
    const person = await newPerson();
    const script = await run(person, ['completion', shell]);
    expect(script).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('client-provisioner') as string,
    });
    expect((await run(person, ['complete', '--', 'off'])).stdout).toMatch(/^offboard\t/m);
    expect((await run(person, ['complete', '--', 'create', '--ti'])).stdout).toMatch(/^--tier\t/m);
  },
);

test('the program of the package runs, and ends as its command does', async () => {
  const program = promisify(execFile);
  const env = (await newPerson()).environment;
  const { stdout } = await program(process.execPath, ['scripts/client-provisioner.mjs', 'logout'], { env });
  expect(stdout).toBe('Nobody was signed in.\n');
  const refused = program(process.execPath, ['scripts/client-provisioner.mjs', 'list'], { env });
  await expect(refused).rejects.toMatchObject({ code: exitCodes.notAllowed });
});
