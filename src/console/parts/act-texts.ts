/** The words of each action. Pure. */
import type { Action } from '../../api/allowed-actions.ts';
import type { Provisioning } from '../data.ts';

export interface ActTexts {
  readonly title: string;
  readonly crumb: string;
  /** Before the client's name. */
  readonly heading: string;
  readonly lead: string;
  readonly list: string;
  readonly button: string;
  /** Of the button that does nothing. */
  readonly keep: string;
  /** It deletes what works. */
  readonly isDeadly: boolean;
}

/** `things`: how many will be deleted. */
type TextsOf = (one: Provisioning, things: number) => ActTexts;

const usual = { list: 'Will be deleted', isDeadly: false } as const;

export const textsOf: Readonly<Record<Action, TextsOf>> = {
  offboard: (one, things) => ({
    ...usual,
    title: `Offboard ${one.clientName}`,
    crumb: 'Offboard',
    heading: 'Offboard',
    lead: 'This deletes the client’s whole stack, in this order. It can’t be undone, and no copy is kept.',
    button: things === 1 ? 'Delete it' : `Delete all ${things}`,
    keep: 'Keep the client',
    isDeadly: true,
  }),
  cancel: (one) => ({
    ...usual,
    title: `Cancel ${one.clientName}`,
    crumb: 'Cancel',
    heading: 'Cancel',
    lead: 'No further call is begun, and what was made so far is deleted in this order.',
    button: 'Cancel and undo',
    keep: 'Let it go on',
  }),
  rollback: (one) =>
    one.rollback.status === 'incomplete'
      ? {
          ...usual,
          title: `Retry the rollback of ${one.clientName}`,
          crumb: 'Retry',
          heading: 'Retry the rollback of',
          lead: 'It finds what is gone by now, and deletes what is left in this order.',
          button: 'Retry the rollback',
          keep: 'Not now',
        }
      : {
          ...usual,
          title: `Roll back ${one.clientName}`,
          crumb: 'Roll back',
          heading: 'Roll back',
          lead: 'Everything that was made so far is deleted in this order.',
          button: 'Roll back',
          keep: 'Leave it paused',
        },
  resume: (one) => ({
    ...usual,
    title: `Resume ${one.clientName}`,
    crumb: 'Resume',
    heading: 'Resume',
    lead: `The step that failed is tried again, and the run goes on: ${one.failure?.message ?? ''}`,
    button: 'Resume',
    keep: 'Leave it paused',
  }),
  forget: (one) => ({
    ...usual,
    title: `Forget something of ${one.clientName}`,
    crumb: 'Forget',
    heading: 'Forget something of',
    lead: 'It is taken off the list: no rollback deletes it, and none waits for it. Nothing happens at the provider.',
    button: 'Take it off the list',
    keep: 'Keep it on the list',
  }),
};
