/** The commands, their arguments and their help. What only some of them need is loaded when they are called. */
import tab from '@bomb.sh/tab/commander';
import { Command, InvalidArgumentError, Option } from 'commander';
import { tiers } from '../provisioning.ts';
import { openCli, type Cli, type CommonOptions } from './context.ts';
import { exitCodeHelp, type ExitCode } from './exit.ts';
import type { Surroundings } from './surroundings.ts';
import { act, forget, type ActOptions } from './commands/act.ts';
import { callbacks, type CallbackOptions } from './commands/callbacks.ts';
import { preflight } from './commands/checks.ts';
import { createKey, listKeys, revokeKey } from './commands/keys.ts';
import { list, show, timeline, watch, type ListOptions } from './commands/look.ts';
import { create, plan, type CreateOptions, type OrderOptions } from './commands/order.ts';
import { orphans } from './commands/orphans.ts';
import { login, logout, type LoginOptions } from './commands/sign-in.ts';
import { status } from './commands/status.ts';
import type { BatchOptions } from './batch/batch.ts';

const states = ['live', 'in-progress', 'attention', 'failed', 'offboarded'];
const keyRoles = ['viewer', 'provisioner', 'operator', 'admin'];
const byClient = '<client>';
const clientHelp = 'client id, or the id of a provisioning';

/** `onEnd` is told how the command that was called has ended. */
export function buildProgram(surroundings: Surroundings, onEnd: (code: ExitCode) => void): Command {
  const program = new Command('client-provisioner')
    .description(
      'Provisions clients, looks after them and takes them down again, over the API of client-provisioner.',
    )
    .addHelpText(
      'after',
      `${exitCodeHelp}\n\nThe address and the key come from PROVISIONER_URL and PROVISIONER_KEY, else from what "login" has kept.`,
    )
    .showHelpAfterError('--help explains the command.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void surroundings.stdout.write(text),
      writeErr: (text) => void surroundings.stderr.write(text),
    });

  /** A command with the options that all have. */
  const add = (name: string, description: string, parent = program, isDefault = false): Command =>
    parent
      .command(name, { isDefault })
      .description(description)
      .option('--json', 'for programs: what the API said, on stdout')
      .option('--timeout <seconds>', 'how long an outage is waited out (default 30)', wholeNumber(0, 86_400))
      .option('--insecure', 'sends the key over plain http to another machine');
  /** Runs it with what it needs, and tells how it ended. */
  const does =
    <Options>(
      run: (cli: Cli, options: Options & CommonOptions, args: readonly string[]) => Promise<ExitCode>,
    ) =>
    async (...given: unknown[]): Promise<void> => {
      // Commander gives the arguments, the options, and then the command itself.
      const command = given.at(-1);
      if (!(command instanceof Command)) throw new Error('commander gives a command last');
      const options = command.opts<Options & CommonOptions>();
      onEnd(await run(openCli(surroundings, options), options, command.args));
    };

  add(
    'init',
    "walks through the server's variables, tests each provider, and writes .env (on the server's machine)",
  )
    .option('--from-env', 'asks nothing: takes the values from the environment')
    .option('--file <path>', 'the file to write', '.env')
    .option('--force', 'replaces a file that is there; a copy of it is kept')
    .action(
      does<{ fromEnv?: boolean; file: string; force?: boolean }>(async (cli, options) => {
        const { init } = await import('./init/init.ts');
        return init(cli, options);
      }),
    );
  add('login', 'keeps an address and a key, which it asks for or reads from stdin')
    .option('--url <address>', 'the address of the API')
    .action(does<LoginOptions>(login));
  add('logout', 'forgets them').action(does(logout));
  add('status', 'what needs somebody, how many clients there are, and how the service is').action(
    does(status),
  );
  add('list', 'clients, the newest first')
    .addOption(new Option('--state <state>', 'only those').choices(states))
    .option('--q <text>', 'only those whose id or name contains it')
    .option('--limit <number>', 'how many (default 20)', wholeNumber(1, 10_000))
    .option('--all', 'all of them')
    .action(does<ListOptions>(list));

  const orderOptions = (command: Command, isWhole: boolean): Command => {
    for (const [flags, help] of [
      ['--name <name>', 'the name of the client'],
      ['--email <address>', 'who is written to'],
    ] as const)
      command.addOption(new Option(flags, help).makeOptionMandatory(isWhole));
    return command
      .addOption(new Option('--tier <tier>', 'what it buys').choices(tiers).makeOptionMandatory(isWhole))
      .option('--callback-url <url>', 'is told of each end')
      .addOption(
        new Option('--on-failure <what>', 'what a failed step leads to').choices(['rollback', 'pause']),
      );
  };
  orderOptions(add('plan', 'what would be made, and what stands in its way; changes nothing'), false)
    .argument('<clientId>', 'lower-case letters and digits, in groups joined by hyphens')
    .action(does<OrderOptions>((cli, options, [id = '']) => plan(cli, id, options)));
  orderOptions(add('create', 'orders a client'), true)
    .argument('<clientId>', 'lower-case letters and digits, in groups joined by hyphens')
    .option('--watch', 'follows it to its end; exit code 1 unless it succeeds')
    .option('--idempotency-key <key>', 'the same key and order make nothing twice')
    .action(does<CreateOptions>((cli, options, [id = '']) => create(cli, id, options)));
  add('batch', 'orders the clients of a .csv or .json file; started again it goes on where it was stopped')
    .argument('<file>', 'columns: clientId, clientName, orgEmail, tier, callbackUrl, onFailure')
    .option('--concurrency <number>', 'how many at once (default 5)', wholeNumber(1, 50))
    .option('--plan-only', 'shows what would be made, and orders nothing')
    .option('--no-plan', 'orders without looking first')
    .option('--yes', 'does not ask before it orders')
    .option('--results <file>', 'where it writes what came of each client (default <file>.results.json)')
    .action(
      does<BatchOptions>(async (cli, options, [file = '']) => {
        const { batch } = await import('./batch/batch.ts');
        return batch(cli, file, options);
      }),
    );

  add('show', 'one client: steps, resources, what to do')
    .argument(byClient, clientHelp)
    .action(does((cli, _options, [client = '']) => show(cli, client)));
  add('watch', 'follows one client until nothing more happens by itself')
    .argument(byClient, clientHelp)
    .action(does((cli, _options, [client = '']) => watch(cli, client)));
  add('timeline', "attempts and waits of one client's steps")
    .argument(byClient, clientHelp)
    .action(does((cli, _options, [client = '']) => timeline(cli, client)));

  for (const [name, help] of [
    ['cancel', 'ends one that is under way or paused, and undoes it'],
    ['resume', 'goes on from the step that failed'],
    ['rollback', 'undoes a paused one, or takes an incomplete rollback up again'],
    ['offboard', 'deletes the whole stack of a client that works'],
  ] as const)
    add(name, help)
      .argument(byClient, clientHelp)
      .option('--reason <text>', 'stays in the history')
      .option('--yes', 'does not ask; where the client id must be typed, --confirm is needed all the same')
      .option('--confirm <clientId>', 'the client id, in place of typing it')
      .option('--watch', 'follows it to its end')
      .action(does<ActOptions>((cli, options, [client = '']) => act(cli, name, client, options)));
  add('forget', 'takes a resource off the list: no rollback deletes it, and none waits for it')
    .argument(byClient, clientHelp)
    .argument('<resource>', 'its id, kind or name, as "show" has them')
    .requiredOption('--reason <text>', 'stays in the history')
    .option('--confirm <clientId>', 'the client id, in place of typing it')
    .action(
      does<{ reason: string; confirm?: string }>((cli, options, [client = '', resource = '']) =>
        forget(cli, client, resource, options),
      ),
    );
  add('callbacks', "what a client's caller was told")
    .argument(byClient, clientHelp)
    .addOption(new Option('--redeliver <id>', 'sends that one again').conflicts('redeliverAll'))
    .option('--redeliver-all', 'sends those again that were given up')
    .action(does<CallbackOptions>((cli, options, [client = '']) => callbacks(cli, client, options)));

  add('preflight', 'whether the providers would let a provisioning through').action(does(preflight));
  add('orphans', 'what looks like ours at the providers, and is nobody’s')
    .option('--look', 'has a worker look now')
    .action(does<{ look?: boolean }>(orphans));
  const keys = program.command('keys').description('keys of the API, for admins');
  add('list', 'all keys', keys, true).action(does(listKeys));
  add('create', 'makes a key and shows it, this once', keys)
    .requiredOption('--name <name>', 'whose it is')
    .addOption(new Option('--role <role>', 'what it may do').choices(keyRoles).makeOptionMandatory())
    .option('--expires-in-days <days>', 'without it the key does not expire', wholeNumber(1, 3650))
    .action(does<{ name: string; role: string; expiresInDays?: number }>(createKey));
  add('revoke', 'the key opens nothing any more', keys)
    .argument('<id>', 'as "keys list" has it')
    .action(does((cli, _options, [id = '']) => revokeKey(cli, id)));
  add('doctor', 'looks at everything, and says what to do about what does not hold')
    .option('--local', "looks at the server's own machine, also while nothing runs")
    .action(
      does<{ local?: boolean }>(async (cli, options) => {
        const { doctor } = await import('./doctor/doctor.ts');
        return doctor(cli, options);
      }),
    );
  // Its `complete` command is what the shells ask; `completion` prints their scripts.
  tab(program, { completionCommandName: 'completion' });
  return program;
}

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const number = Number(text);
    if (!/^\d{1,6}$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return number;
  };
}
