/** What the API answers, as the pages take it. */
import type { z } from 'zod';
import type {
  callbacksAnswer,
  eventAnswer,
  listedCallbackAnswer,
  orphansAnswer,
  provisioningAnswer,
  timelineAnswer,
} from '../api/answers.ts';
import type { auditAnswer } from '../api/audit.ts';
import type { keysAnswer, newKeyAnswer } from '../api/keys.ts';
import type { planAnswer, preflightAnswer } from '../api/preflight.ts';
import type { Role } from '../ledger/roles.ts';

export type { Summary } from '../api/summary.ts';
export type Provisioning = z.infer<typeof provisioningAnswer>;
export type Resource = Provisioning['resources'][number];
export type StepOf = Provisioning['steps'][number];
export type TimelineRow = z.infer<typeof timelineAnswer>['items'][number];
export type TimelineEntry = TimelineRow['entries'][number];
export type HistoryEvent = z.infer<typeof eventAnswer>;
export type Callback = z.infer<typeof callbacksAnswer>['items'][number];
export type ListedCallback = z.infer<typeof listedCallbackAnswer>;
export type Key = z.infer<typeof keysAnswer>['items'][number];
export type NewKey = z.infer<typeof newKeyAnswer>;
export type AuditEntry = z.infer<typeof auditAnswer>;
export type Plan = z.infer<typeof planAnswer>;
export type Preflight = z.infer<typeof preflightAnswer>;
export type Orphans = z.infer<typeof orphansAnswer>;

/** A step of this version of the program. */
export interface StepInfo {
  readonly name: string;
  readonly title: string;
  /** The kinds of what it makes. */
  readonly kinds: readonly string[];
}

/** The person who looks at a page. */
export interface Viewer {
  readonly by: string;
  readonly role: Role | undefined;
  readonly may: {
    readonly create: boolean;
    readonly preflight: boolean;
    readonly operate: boolean;
    readonly administer: boolean;
  };
}

/** What every page is given. */
export interface PageContext {
  readonly viewer: Viewer;
  readonly now: Date;
  readonly steps: readonly StepInfo[];
  readonly publicUrl: string;
  /** How many things need somebody. Undefined: that is not known at present. */
  readonly needing: number | undefined;
}
