/** The orders that are placed, and what each is to leave behind. Every system takes the same. */

export const stepCount = 5;
/** 1 to 5. */
export const positions = Array.from({ length: stepCount }, (_, index) => index + 1);

export interface Order {
  readonly clientId: string;
  /** Fails once all five things are made. */
  readonly isRolledBack: boolean;
}

/** An order that is to be undone says so in its client's name, the one free text that every system gets. */
const rollsBack = 'Rolls back';

/** As the product's API takes it. */
export function bodyOf(order: Order): Record<string, string> {
  return {
    clientId: order.clientId,
    clientName: order.isRolledBack ? rollsBack : 'Goes through',
    orgEmail: 'ops@bench.example',
    tier: 'starter',
  };
}

export function saysRollsBack(clientName: string): boolean {
  return clientName === rollsBack;
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
