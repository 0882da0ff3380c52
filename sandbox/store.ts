/** What every object at a provider has. */
export interface StoredObject {
  id: string;
  name: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** True for what a stranger made, not the API. */
  isForeign: boolean;
  /** Set by a delete: when the removal began. */
  removedAt?: number;
}

/** What a reader may see: objects created after `hiddenSince` are not there for it yet. */
export interface View {
  hiddenSince: number;
}

/** The view without any lag. */
const truth: View = { hiddenSince: Infinity };

/** The objects of one kind, in order of creation. */
export interface Store<T extends StoredObject> {
  add(object: T): void;
  all(view?: View): T[];
  get(id: string, view?: View): T | undefined;
  find(matches: (object: T) => boolean, view?: View): T | undefined;
  /** Whether an object of this id was here and is gone. */
  wasRemoved(id: string): boolean;
  clear(): void;
}

/** How a store's objects go. */
export interface StoreOptions<T extends StoredObject> {
  /** How long a removed object can still be read, at this moment. */
  removalMs: () => number;
  /** Told of each object once it is gone. */
  onGone?: (object: T) => void;
}

/** An empty store. */
export function createStore<T extends StoredObject>(options: StoreOptions<T>): Store<T> {
  const objects = new Map<string, T>();
  const removed = new Set<string>();

  function forgetGone(): void {
    const goneBefore = Date.now() - options.removalMs();
    for (const object of objects.values()) {
      if (object.removedAt === undefined || object.removedAt > goneBefore) continue;
      objects.delete(object.id);
      removed.add(object.id);
      options.onGone?.(object);
    }
  }
  function all(view: View = truth): T[] {
    forgetGone();
    return [...objects.values()].filter((object) => object.createdAt < view.hiddenSince);
  }
  return {
    add: (object) => void objects.set(object.id, object),
    all,
    get(id, view = truth) {
      forgetGone();
      const object = objects.get(id);
      return object !== undefined && object.createdAt < view.hiddenSince ? object : undefined;
    },
    find: (matches, view) => all(view).find(matches),
    wasRemoved(id) {
      forgetGone();
      return removed.has(id);
    },
    clear() {
      objects.clear();
      removed.clear();
    },
  };
}
