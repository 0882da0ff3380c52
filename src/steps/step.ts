/**
 * The shape of a step: data, the functions `connect`, `run` and `undo`, and the resource types it makes.
 *
 * Everything a step needs arrives in its context. It knows no queue, no SQL, no server, and no environment variable
 * but those it declares. `run` and `undo` may be repeated at any time, by any worker: what was done already is read
 * back from the ledger and not done again.
 */
import type { z } from 'zod';
import type { StepFailure } from '../errors.ts';
import type { Permit } from '../http/permit.ts';
import type { ClientOrder, FailureCode } from '../provisioning.ts';
import type { Check, ReadOnly } from './check.ts';

export interface Step<
  Environment extends z.ZodObject = z.ZodObject,
  Output extends z.ZodObject = z.ZodObject,
  Providers extends object = object,
> {
  /** Kebab-case noun, unique and for ever: provisionings record it. */
  readonly name: string;
  /** The title on the dashboard and in the progress view. */
  readonly title: string;
  /** The environment variables of this step. */
  readonly environment: Environment;
  /** The values that later steps may read. Never a secret: they are stored in the clear. */
  readonly output: Output;
  /** Which fields of the output the API shows in `result`. */
  readonly result: readonly (keyof z.infer<Output> & string)[];
  /** The resource types that it makes. Orphans are looked for among these. */
  readonly resources?: readonly ResourceType<Providers, Partial<z.infer<Output>>>[];
  /** The checks that the preflight makes at its provider before anything is made. */
  readonly checks?: readonly Check<ReadOnly<NoInfer<Providers>>>[];
  /** Builds the provider clients. Called for each run, so that every call ends with the worker's lease. */
  connect(environment: z.infer<Environment>, limits: CallLimits): Providers;
  /** Makes the part, or finds that it is made. Throws `NotYet` to look again later. */
  run(context: StepContext<z.infer<Output>, Providers>): Promise<z.infer<Output>>;
  /** Undoes what `run` made, and sees that it is gone. Succeeds when nothing is left. */
  undo(context: StepContext<z.infer<Output>, Providers>): Promise<void>;
}

/** Declares a step and lets the compiler infer its types. */
export function defineStep<
  Environment extends z.ZodObject,
  Output extends z.ZodObject,
  Providers extends object,
>(step: Step<Environment, Output, Providers>): Step<Environment, Output, Providers> {
  return step;
}

/** The limits that every provider client respects. */
export interface CallLimits {
  readonly timeoutMs: number;
  /** Aborted when the worker loses its lease. */
  readonly signal: AbortSignal;
}

/** The context that suffices to read and to delete one object by its id. */
export interface ProviderContext<Providers> {
  readonly providers: Providers;
}

/** An order, and what has been created for it so far. */
export interface ProvisioningOrchestrator {
  readonly client: ClientOrder;
  /** The output of an earlier step. Throws where that step has not succeeded. */
  outputOf<Earlier extends z.ZodObject>(step: {
    readonly name: string;
    readonly output: Earlier;
  }): Promise<z.infer<Earlier>>;
}

/** The context that a resource type, and every step, works with. */
export interface ResourceContext<Providers> extends ProviderContext<Providers>, ProvisioningOrchestrator {
  readonly secrets: Secrets;
  /**
   * Confirms a bad sign that one look may show wrongly: returns once at least four looks in a row, over SETTLE_MS or
   * more, have shown it, and throws NotYet until then. `waitingFor` names the good end that is still possible.
   */
  confirmPersistent(waitingFor: string): Promise<void>;
}

export interface StepContext<Output, Providers> extends ResourceContext<Providers> {
  /**
   * Makes a resource once, whatever happens, and returns its id: what is recorded is returned, what a lost answer left
   * behind is taken over, and anything else of that name fails the step with `name-taken`.
   */
  create(type: ResourceType<Providers, Partial<Output>>): Promise<string>;
  /** Changes something until it is seen to be so, and returns what was recorded of it. */
  change<Result extends Partial<Output>>(change: Change<Result>): Promise<Partial<Output>>;
  /** Deletes every resource of that type that this provisioning made, and waits until each is gone. */
  remove(type: ResourceType<Providers, Partial<Output>>): Promise<void>;
  /** Adds a warning about a step that succeeds. It is kept once the step is done, and shown with it. */
  warn(code: string, message: string): void;
  /** Lists what stands in the way of a resource. Throw what it returns: `name-taken`. */
  reportForeign(
    type: ResourceType<Providers, Partial<Output>>,
    objects: readonly FoundObject<Partial<Output>>[],
  ): Promise<StepFailure>;
  /** Leaves a resource to an operator: its ownership is in question, so no rollback deletes it. */
  disown(kind: string, reason: string): Promise<void>;
}

export interface Secrets {
  /** Throws when the secret was never kept. */
  read(name: string): Promise<string>;
  /** Stores it encrypted. The newest value counts. */
  keep(name: string, value: string): Promise<void>;
}

/** The committed record of an effect, as look-ups and calls need it. */
export interface Intent {
  /** `prov-<provisioning id>-<nonce>`: goes into the request wherever the provider has a free field. */
  readonly mark: string;
  /** When a look-up showed that nothing of the name was there, by the provider's own clock. */
  readonly absentAt: Date | undefined;
  /** True where a call in doubt may have made it: then an object created since `absentAt` may be ours. */
  readonly mayExist: boolean;
  /** Ids that are recorded as made by this provisioning: they need no other proof. */
  readonly recorded: readonly string[];
  /** How many calls were begun, this one included. */
  readonly calls: number;
}

/** An object at the provider. */
export interface ProviderObject<Output> {
  /** The provider's immutable id. */
  readonly externalId: string;
  readonly name: string;
  /** Where a person finds it. */
  readonly url: string | undefined;
  /** The output to record, once the object is ours. */
  readonly output: Output;
  /** The call that the object names as its maker. If several name one call, only the oldest is no copy. Undefined: it names none. */
  readonly madeBy?: string | undefined;
}

/** Something of the wanted name. */
export interface FoundObject<Output> extends ProviderObject<Output> {
  /** Proven to be made by this effect. Everything else is foreign. */
  readonly isOurs: boolean;
  /** By the provider's clock. Undefined: it does not say. */
  readonly createdAt: Date | undefined;
  /** The thing that it has taken from us, in our own words. Undefined: the name. */
  readonly occupies?: string;
}

/** Everything of the wanted name, from all pages, and the provider's clock at that look. */
export interface LookUp<Output> {
  readonly objects: readonly FoundObject<Output>[];
  readonly at: Date | undefined;
}

/**
 * The result of a fresh look at one object, by its immutable id.
 *
 * `gone`: the provider says that it was there and is no more. `absent`: it is not shown, which proves something only
 * after an accepted deletion of that very id, or to a token that sees everything of that kind.
 */
export type Existence = 'present' | 'going' | 'gone' | 'absent';

/** The answer to whether a token sees every object of a kind. Providers answer 404 for what it may not see, too. */
export type Sight =
  | { readonly sees: 'all' }
  /** `some`: it is shown not to. `unknown`: nothing shows that it does. */
  | {
      readonly sees: 'some' | 'unknown';
      /** A clause that goes on a sentence, without a full stop. */
      readonly why: string;
      /** One sentence. */
      readonly whatToDo: string;
    };

/** One kind of thing at a provider: how it is named, found, made and removed. */
export interface ResourceType<Providers, Output> {
  /** `<provider>.<thing>`, as the API shows it. */
  readonly kind: string;
  /** The name at the provider, from the client id alone. Different clients never have a name in common. */
  nameFor(client: Pick<ClientOrder, 'clientId'>): string;
  /** Further things that only one object can have, such as the path of a webhook; each under a name of its own. */
  otherNames?(client: Pick<ClientOrder, 'clientId'>): Readonly<Record<string, string>>;
  /** Values that we choose and cannot read back; stored encrypted together with the intent, before the call. */
  chooseSecrets?(): Readonly<Record<string, string>>;
  /** Looks for everything of that name. A look-up that fails is an error, never an absence. */
  find(context: ResourceContext<ReadOnly<Providers>>, intent: Intent): Promise<LookUp<Output>>;
  /** Makes it: exactly one mutating call. */
  create(
    permit: Permit,
    context: ResourceContext<Providers>,
    intent: Intent,
  ): Promise<ProviderObject<Output>>;
  /** Reads one by its immutable id. */
  read(context: ProviderContext<ReadOnly<Providers>>, externalId: string): Promise<Existence>;
  /**
   * Tells whether the token sees all objects of this kind, so that what it does not find is not there.
   *
   * Asked only where an absence is to count and nothing else proves it. A proof that fails is an error.
   */
  proveSight(context: ProviderContext<ReadOnly<Providers>>): Promise<Sight>;
  /** Makes the changes that must come before a deletion, while the object is still there. */
  beforeRemoval?(providers: Providers, externalId: string, change: MakeChange): Promise<void>;
  /** Asks for its deletion: exactly one mutating call. */
  remove(permit: Permit, context: ProviderContext<Providers>, externalId: string): Promise<void>;
  /** The meaning of a refusal of `create` or `remove`. Undefined: the meaning that its status has everywhere. */
  judge(refusal: Refusal): Verdict | undefined;
  /** How objects of that kind are found that no ledger may know of. Without it they never are. */
  readonly search?: OrphanSearch<Providers>;
}

/** An object that looks like ours, whoever made it. */
export interface OrphanCandidate {
  readonly externalId: string;
  readonly name: string;
  readonly url: string | undefined;
  /** By the provider's clock. Undefined: it does not say. */
  readonly createdAt: Date | undefined;
  /** `mark`: the object carries our mark. `name`: it only has a name as we give them, and may well be foreign. */
  readonly evidence: 'mark' | 'name';
  /** The provisioning that the mark names. */
  readonly provisioningId: string | undefined;
}

/** Finds what looks like ours, without knowing any client. */
export interface OrphanSearch<Providers> {
  /** Everything of that kind that looks like ours, from all pages. A list that fails is an error, never an absence. */
  list(providers: ReadOnly<Providers>): Promise<OrphanCandidate[]>;
  /** Objects, of any name, that calls for this client have made and whose mark nobody can read. They are reported as marked. */
  listWithHiddenMark?(context: ResourceContext<ReadOnly<Providers>>): Promise<OrphanCandidate[]>;
  /** One of them, read by its immutable id. Undefined: gone, or nothing in it looks like ours. */
  read(providers: ReadOnly<Providers>, externalId: string): Promise<OrphanCandidate | undefined>;
}

/** A refusal as a provider words it. */
export interface Refusal {
  readonly status: number | undefined;
  readonly providerText: string;
}

export type Verdict =
  | { readonly is: 'name-taken' }
  /** The refusal will pass: look again later, without using up an attempt. */
  | { readonly is: 'too-early'; readonly waitingFor: string }
  | { readonly is: 'final'; readonly code: FailureCode; readonly message: string };

/** The intent of a process that has called nothing: no object that it finds can be its own. */
export const nobodysIntent: Intent = {
  mark: 'prov-none',
  absentAt: undefined,
  mayExist: false,
  recorded: [],
  calls: 0,
};

/** Makes a change where a look does not show that it is made already. */
export type MakeChange = (change: Change<object>) => Promise<unknown>;

/** A mutating call whose object, if it makes one, goes with a resource and is not removed on its own, such as a deployment. */
export interface Change<Result> {
  /** Names the effect in the ledger; unique within the step. */
  readonly name: string;
  /** The name of the object that it changes. */
  readonly target: string;
  /** Looks whether the change is made already. Returns what to record then, and undefined where it is not made. */
  look(intent: Intent): Promise<Result | undefined>;
  /** Exactly one mutating call. What it returns is recorded. */
  send(permit: Permit, intent: Intent): Promise<Result>;
  judge?(refusal: Refusal): Verdict | undefined;
  /** A second call would double it: one in doubt is looked for until SETTLE_MS is over, before it is sent again. */
  readonly isUnsafeToRepeat?: boolean;
  /** True where the change is looked at and, where needed, made again although it is recorded as made. */
  readonly isRenewable?: boolean;
}
