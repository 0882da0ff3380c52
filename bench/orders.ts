/** The orders that are placed, and what each is to leave behind. Every system takes the same. */

export const stepCount = 5;
/** 1 to 5. */
export const positions = Array.from({ length: stepCount }, (_, index) => index + 1);

export interface Order {
  readonly clientId: string;
  /** Fails once all five things are made. */
  readonly isRolledBack: boolean;
  /** Its third thing takes `bootMs` to be ready. Only the product takes such orders. */
  readonly waits?: boolean;
}

/** How long a thing takes to be ready that is waited for: about as long as a project takes to boot. */
export const bootMs = 60_000;
export const waitPosition = 3;

/** An order that is to be undone, or that waits, says so in its client's name, the one free text that every system gets. */
const rollsBack = 'Rolls back';
const waits = 'Waits';

/** As the product's API takes it. */
export function bodyOf(order: Order): Record<string, string> {
  return {
    clientId: order.clientId,
    clientName: order.isRolledBack ? rollsBack : order.waits === true ? waits : 'Goes through',
    orgEmail: 'ops@bench.example',
    tier: 'starter',
  };
}

export function saysRollsBack(clientName: string): boolean {
  return clientName === rollsBack;
}

export function saysWaits(clientName: string): boolean {
  return clientName === waits;
}

/** The name of what a step makes. */
export function thingName(clientId: string, position: number): string {
  return `client-${clientId}-${position}`;
}

/** Orders of clients that differ from those of any other prefix. */
export function makeOrders(prefix: string, count: number, rolledBack = false): Order[] {
  return Array.from({ length: count }, (_, index) => ({
    clientId: `${prefix}-${index}`,
    isRolledBack: rolledBack,
  }));
}
