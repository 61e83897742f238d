import { quantile } from './audit-ingest.mjs';
import { mark } from './marks.mjs';

const millions = count => `${(count / 1e6).toLocaleString('en')} million`;

/** The figures of `auditBench` as Markdown. */
export function auditTable({ observations, engines, history, journal, close }) {
  const lines = [];
  if (engines !== undefined) {
    lines.push(
      `Ingest with ${millions(observations)} observations present (an index of ${Math.round(engines.size / 2 ** 20)} MiB):`,
      '',
      '| figure | SQLite | PostgreSQL | goal |',
      '|---|---|---|---|',
      row(
        'records a second of processor time',
        engines.rows,
        ({ sent }) => perCore(sent),
        value => value >= 20_000,
        '≥ 20,000',
        0,
      ),
      row(
        'of it the database, µs a record',
        engines.rows,
        ({ sent }) => (sent.databaseMs * 1000) / sent.records,
      ),
      row('the collector, µs a record', engines.rows, ({ sent }) => (sent.collectorMs * 1000) / sent.records),
      row(
        'records a second as the machine was',
        engines.rows,
        ({ sent }) => (sent.records / sent.wallMs) * 1000,
        undefined,
        'reported',
        0,
      ),
      row(
        'most memory of the collector, MB',
        engines.rows,
        ({ peakRss }) => peakRss / 1e6,
        value => value <= 200,
        '≤ 200 MB',
        0,
      ),
      row(
        'records a second while questions are asked',
        engines.rows,
        ({ slower }) => (slower.records / slower.wallMs) * 1000,
        undefined,
        'reported',
        0,
      ),
      ...['during', 'after'].flatMap(when =>
        ['who', 'used'].flatMap(name => latency(`\`${name}\` ${when}`, engines.rows, run => run[when][name])),
      ),
      '',
    );
  }
  if (history !== undefined) {
    lines.push(
      `Questions over the rollups of ${millions(10 * observations)} observations (${Object.entries(
        history.counts,
      )
        .map(([table, rows]) => `${rows.toLocaleString('en')} ${table}`)
        .join(', ')}):`,
      '',
      '| figure | SQLite | PostgreSQL | goal |',
      '|---|---|---|---|',
      ...['who', 'used'].flatMap(name => latency(`\`${name}\``, history.rows, run => run.times[name])),
      row(
        'most memory of the collector, MB',
        history.rows,
        ({ peakRss }) => peakRss / 1e6,
        value => value <= 200,
        '≤ 200 MB',
        0,
      ),
      '',
    );
  }
  if (journal !== undefined || close !== undefined) lines.push(...jobTable(journal, close), '');
  return lines;
}

function jobTable(journal, close) {
  const lines = ['| in the job | value | goal |', '|---|---|---|'];
  const us = part => (part * 1000) / journal.requests;
  if (journal !== undefined) {
    const { requests, spanMs, first, later } = journal;
    lines.push(
      `| requests of a warm download, and the time over which go made them | ${requests}, ${(spanMs / 1000).toFixed(1)} s | |`,
      `| processor time of a proxy without a journal, first and again | ${ms(first.cpuMs)} and ${ms(later.cpuMs)} | |`,
      `| the journal beside, a request | ${us(first.journal.cpuMs).toFixed(0)} and ${us(later.journal.cpuMs).toFixed(0)} µs | |`,
      `| with sealing, spooling and sending | ${us(first.sending.cpuMs).toFixed(0)} and ${us(later.sending.cpuMs).toFixed(0)} µs | |`,
      `| time until all requests were answered, without and what the journal adds | ${ms(first.wallMs)} and ${ms(first.journal.wallMs)} | reported |`,
    );
  }
  if (close !== undefined) {
    const requestUs = close.requestMs * 1000;
    lines.push(
      `| a request of the warm session of ${close.requests}, as the proxy took for it | ${requestUs.toFixed(0)} µs | |`,
    );
    if (journal !== undefined) {
      const cpuUs = (close.daemonWithoutMs * 1000) / close.requests;
      const { first } = journal;
      lines.push(
        share('the journal, of the time that a request took', us(first.journal.cpuMs) / requestUs),
        share("the journal, of the daemon's processor time for a request", us(first.journal.cpuMs) / cpuUs),
        `| with sealing, spooling and sending, of that processor time | ${percent(us(first.sending.cpuMs) / cpuUs)} | reported |`,
      );
    }
    lines.push(
      `| \`modgate stop\` without \`audit.store\`, from start to end of its process | ${ms(close.stopWithoutMs)} | reported |`,
      `| with a collector on loopback | ${mark(close.stopWithMs <= 300)} ${ms(close.stopWithMs)} | ≤ 300 ms |`,
      `| median of the differences | ${ms(close.extraMs)} | reported |`,
    );
    lines.push(
      `| processor time of the daemon before, without and with | ${ms(close.daemonWithoutMs)} and ${ms(close.daemonWithMs)} | |`,
    );
  }
  return lines;
}

/** A share of the time of a request, held against the goal. */
function share(title, part) {
  return `| ${title} | ${mark(part <= 0.02)} ${percent(part)} | ≤ 2 % |`;
}

function percent(part) {
  return `${(100 * part).toFixed(1)} %`;
}

function perCore({ records, collectorMs, databaseMs }) {
  return (records / (collectorMs + databaseMs)) * 1000;
}

function latency(title, rows, values) {
  return [
    row(`${title}, median ms`, rows, run => quantile(values(run), 0.5), undefined, ''),
    row(
      `${title}, p99 ms`,
      rows,
      run => quantile(values(run), 0.99),
      value => value <= 50,
      '≤ 50 ms',
    ),
  ];
}

function row(title, rows, value, holds, goal = '', digits = 1) {
  const cells = ['sqlite', 'postgres'].map(engine => {
    const run = rows.find(one => one.engine === engine);
    if (run === undefined) return '';
    const found = value(run);
    const text = found.toLocaleString('en', { maximumFractionDigits: digits });
    return holds === undefined ? text : `${mark(holds(found))} ${text}`;
  });
  return `| ${title} | ${cells.join(' | ')} | ${goal} |`;
}

function ms(value) {
  return value === undefined ? 'unknown' : `${Math.round(value)} ms`;
}
