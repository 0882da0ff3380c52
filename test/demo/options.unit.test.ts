import { describe, expect, test } from 'vitest';
import { faultNames } from '../../demo/faults.ts';
import { help, readOptions } from '../../demo/options.ts';
import { ConfigurationError } from '../../src/errors.ts';
import { steps } from '../../src/steps/index.ts';

describe('options of the demo', () => {
  test('without arguments it stays up and nothing is made to fail', () => {
    expect(readOptions([])).toMatchObject({ exits: false, failAt: undefined, isHelpWanted: false });
  });

  test('--exit, --fail-at and --data are taken', () => {
    const options = readOptions(['--exit', '--fail-at', 'github-repo', '--data', '/tmp/x']);
    expect(options).toEqual({ exits: true, failAt: 'github-repo', dataDir: '/tmp/x', isHelpWanted: false });
  });

  test('an unknown step is refused with the names of those there are', () => {
    expect(() => readOptions(['--fail-at', 'nope'])).toThrow(ConfigurationError);
    for (const { name } of steps) expect(() => readOptions(['--fail-at', 'nope'])).toThrow(name);
  });

  test.each([[['--fail-at']], [['--unknown']], [['extra']]])(
    '%j is refused with a hint at --help',
    (args) => {
      expect(() => readOptions(args)).toThrow(ConfigurationError);
      expect(() => readOptions(args)).toThrow('--help');
    },
  );

  test('names that every object has are not steps', () => {
    expect(() => readOptions(['--fail-at', 'constructor'])).toThrow(ConfigurationError);
  });

  test('every step can be made to fail, and the help names each', () => {
    expect(faultNames).toEqual(steps.map(({ name }) => name));
    for (const { name } of steps) expect(help).toContain(name);
  });
});
