import type { Shape } from './shape.ts';

/** One operation, as far as the product relies on it: what it sends, and what it reads of the answers. */
export interface OperationFacts {
  /** The vendor's page about the operation, read on the date of the facts. */
  readonly reference: string;
  /** Where the real behaviour differs from that page, or is not on it, and how that is known. */
  readonly note?: string;
  /** Placeholders of the path that are more than any text. */
  readonly path?: Readonly<Record<string, Shape>>;
  readonly query?: Readonly<Record<string, Shape>>;
  /** Absent: none is sent. */
  readonly body?: Shape;
  /** By status: the success, and the refusals that the client tells apart. `undefined`: nothing is read of its body. */
  readonly answers: Readonly<Record<number, Shape | undefined>>;
}

/** A vendor's operations, written as in the client: `GET /v1/projects/{ref}`. */
export interface VendorFacts {
  /** When the references were read. */
  readonly date: string;
  readonly operations: Readonly<Record<string, OperationFacts>>;
}
