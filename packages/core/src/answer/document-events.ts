import type { DeliveredEvents } from '../ports/delivered-events.ts';
import type { EntryFilter } from '../ports/response-store.ts';

/** What became of a document elsewhere. */
export interface DocumentEvent {
  /** Unique at the sender's; absent: it is acted on however often it comes. */
  readonly id?: string | undefined;
  readonly event: 'document.updated' | 'document.deleted';
  readonly document: { readonly id: string; readonly version?: string | number | undefined };
  /** Absent: in all of them. */
  readonly namespaces?: readonly string[] | undefined;
}

export interface DocumentEventReport {
  readonly id: string | null;
  readonly event: DocumentEvent['event'];
  readonly document: string;
  /** It was acted on before: nothing was done. */
  readonly duplicate: boolean;
  readonly matched: number;
  readonly deleted: number;
}

export interface DocumentEventsDeps {
  readonly invalidate: (
    filter: EntryFilter,
    dryRun: boolean,
  ) => Promise<{ readonly matched: number; readonly deleted: number }>;
  readonly delivered: DeliveredEvents;
}

/**
 * Answers that an event outdates: of an update to a version those that rest on an older one (or on one that is not said),
 * of one without a version and of a deletion all that rest on the document.
 */
export function outdatedBy({ event, document, namespaces }: DocumentEvent): EntryFilter[] {
  const { id, version } = document;
  const context = event === 'document.updated' && version !== undefined ? { id, versionBelow: version } : { id };
  return namespaces === undefined
    ? [{ context }]
    : [...new Set(namespaces)].map((namespace) => ({ context, namespace }));
}

/** Drops what documents' changes outdate, each event once, as far as its sender names it. */
export class DocumentEvents {
  readonly #deps: DocumentEventsDeps;

  constructor(deps: DocumentEventsDeps) {
    this.#deps = deps;
  }

  /** In order. Throws what `invalidate` and `delivered` throw; what was done until then is not done again. */
  async apply(events: readonly DocumentEvent[]): Promise<DocumentEventReport[]> {
    const reports: DocumentEventReport[] = [];
    for (const event of events) reports.push(await this.#applyOne(event));
    return reports;
  }

  async #applyOne(event: DocumentEvent): Promise<DocumentEventReport> {
    const { delivered, invalidate } = this.#deps;
    const told = { id: event.id ?? null, event: event.event, document: event.document.id };
    const [known] = event.id === undefined ? [false] : await delivered.seen([event.id]);
    if (known === true) return { ...told, duplicate: true, matched: 0, deleted: 0 };
    let [matched, deleted] = [0, 0];
    for (const filter of outdatedBy(event)) {
      const report = await invalidate(filter, false);
      matched += report.matched;
      deleted += report.deleted;
    }
    // After, not before: an event whose work failed comes again and is then done.
    if (event.id !== undefined) await delivered.add([event.id]);
    return { ...told, duplicate: false, matched, deleted };
  }
}
