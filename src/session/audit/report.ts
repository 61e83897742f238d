/** What became of the records of a session. */
export interface AuditReport {
  /** The store, without credentials. */
  readonly store: string;
  /** Records that are not delivered are a failure. */
  readonly required: boolean;
  /** Batches of the session, and requests in them. */
  readonly batches: number;
  readonly records: number;
  /** Batches that the store has. */
  readonly sent: number;
  /** Batches that it does not have; they lie in `spool`. */
  readonly left: number;
  /** Lines that the store took for no records. */
  readonly refused: number;
  /** Requests that are in no batch: their records could not be written down. */
  readonly lost: number;
  /** Directory of what is left. */
  readonly spool?: string;
  /** The next session that uses the module store there sends it. */
  readonly shared?: true;
  /** Why something is left. */
  readonly error?: string;
  /** The newest signed checkpoint of the store's log that this session saw: it covers all that was sent. */
  readonly checkpoint?: string;
}

/** Whether a session fails because of what became of its records. */
export function isUndelivered({ required, left, lost }: AuditReport): boolean {
  return required && (left > 0 || lost > 0);
}

/** One line for the end of a session, without a full stop. */
export function auditInWords({ store, batches, records, sent, left }: AuditReport): string {
  const all = `${count(batches, 'batch', 'batches')}, ${count(records, 'record')}`;
  if (left === 0) return `Audit: ${all} sent to ${store}`;
  return `Audit: ${sent} of ${all} sent to ${store}, ${left} left`;
}

/** What the user has to know and do; undefined when all is well. */
export function auditWarning(report: AuditReport): string | undefined {
  const { store, left, lost, refused, spool, shared, error } = report;
  const parts: string[] = [];
  if (left > 0) {
    // The reason names the store.
    const why = error === undefined ? ` to ${store}` : `: ${error}`;
    const how =
      spool === undefined
        ? 'no disk took them, and they are lost with this job'
        : shared === true
          ? `they wait in ${spool} for the next session on this machine`
          : `they lie in ${spool}; send them with: modgate audit upload ${spool} --store ${store}`;
    parts.push(`${count(left, 'batch', 'batches')} of audit records could not be sent${why}; ${how}`);
  }
  if (lost > 0) {
    parts.push(
      `${count(lost, 'audit record')} could not be written down, and the store is told how many; look at the disk of the session directory`,
    );
  }
  if (refused > 0) {
    parts.push(
      `${store} took ${count(refused, 'line')} for no audit records; they are named in quarantine/ of the session directory, and an update of modgate or of the store may help`,
    );
  }
  return parts.length === 0 ? undefined : parts.join('. ');
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
