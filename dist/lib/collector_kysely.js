import { CollectorError, IndexError } from "./collector.js";
import { within } from "./platform.js";
import { ASSURANCES, ApplyCache, ERA_MS, MAX_PAGE, SHOWN as SHOWN$1, cleanKey, cleanText, decodeIds, decodeTouched, encodeIds, encodeTouched, eraOf, idRows, moduleSightingKey, page, pageSize, pieces, prepare, readCursor, repositoryKey, sightingKey } from "./collector-later.js";
import { Recent } from "./tlog-proxy.js";
import { Kysely, PostgresDialect, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from "../vendor/kysely.js";
import { mkdirSync } from "node:fs";
import { createHash } from "node:crypto";
import { setImmediate, setTimeout } from "node:timers/promises";
import path, { join } from "node:path";
import { mkdir, rm } from "node:fs/promises";
// src/collector/index/sqlite-dialect.ts
/** Calls into SQLite block the event loop; after this long, ms, others get a turn between two statements. */
const TURN_MS = 5;
const STATEMENTS = 200;
/** Kysely over one connection of node:sqlite, whose transactions begin with `begin`. */
function sqliteDialect(db, begin) {
	return {
		createAdapter: () => new SqliteAdapter(),
		createDriver: () => new NodeSqliteDriver(db, begin),
		createIntrospector: (kysely) => new SqliteIntrospector(kysely),
		createQueryCompiler: () => new SqliteQueryCompiler()
	};
}
var NodeSqliteDriver = class {
	#db;
	#begin;
	#connection;
	/** Resolves when the one that has the connection gives it back. */
	#free = Promise.resolve();
	#giveBack = () => {};
	constructor(db, begin) {
		this.#db = db;
		this.#begin = begin;
		this.#connection = new NodeSqliteConnection(db);
	}
	async init() {}
	async acquireConnection() {
		const before = this.#free;
		const mine = Promise.withResolvers();
		this.#free = mine.promise;
		await before;
		this.#giveBack = mine.resolve;
		return this.#connection;
	}
	async releaseConnection() {
		this.#giveBack();
	}
	async beginTransaction() {
		this.#db.exec(this.#begin);
	}
	async commitTransaction() {
		this.#db.exec("commit");
	}
	async rollbackTransaction() {
		if (this.#db.isTransaction) this.#db.exec("rollback");
	}
	async destroy() {
		await this.#free;
		this.#connection.forget();
		this.#db.close();
	}
};
var NodeSqliteConnection = class {
	#db;
	#statements = new Recent(STATEMENTS);
	#turn = performance.now();
	constructor(db) {
		this.#db = db;
	}
	async executeQuery({ sql, parameters }) {
		if (performance.now() - this.#turn > TURN_MS) {
			await setImmediate();
			this.#turn = performance.now();
		}
		let statement = this.#statements.get(sql);
		if (statement === void 0) {
			statement = this.#db.prepare(sql);
			this.#statements.set(sql, statement);
		}
		const values = parameters;
		if (statement.columns().length > 0) return { rows: statement.all(...values) };
		const { changes } = statement.run(...values);
		return {
			rows: [],
			numAffectedRows: BigInt(changes)
		};
	}
	async *streamQuery() {
		throw new Error("The index reads whole pages; there is no streaming.");
	}
	forget() {
		this.#statements.clear();
	}
};
// src/collector/index/sqlite.ts
/** Page cache of each of the two connections, KiB: what a week of batches touches; more does not make them faster. */
const CACHE_KIB = 8192;
/** Pages of 4 KiB in the log before they go into the file: seldom enough that hot pages go once. */
const CHECKPOINT_PAGES = 1e4;
/** How long a statement waits for another process, ms; the event loop waits with it. */
const BUSY_MS = 2e3;
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const AWAY = /* @__PURE__ */ new Set([
	7,
	8,
	10,
	13,
	14
]);
/** The index in a file of its own; the directory is made. Throws IndexError. */
async function openSqlite(file) {
	await mkdir(path.dirname(path.resolve(file)), { recursive: true });
	const { DatabaseSync } = await importSqlite();
	const opened = [];
	try {
		const writing = new DatabaseSync(file, {
			timeout: BUSY_MS,
			enableForeignKeyConstraints: false
		});
		opened.push(writing);
		writing.exec("pragma journal_mode = wal");
		writing.exec("pragma synchronous = full");
		writing.exec(`pragma cache_size = -${CACHE_KIB}`);
		writing.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
		const reading = new DatabaseSync(file, {
			timeout: BUSY_MS,
			readOnly: true
		});
		opened.push(reading);
		reading.exec(`pragma cache_size = -${CACHE_KIB}`);
		return engine(file, writing, reading);
	} catch (error) {
		for (const db of opened) db.close();
		throw cannotOpen(file, error);
	}
}
function engine(file, writing, reading) {
	const writer = new Kysely({ dialect: sqliteDialect(writing, "begin immediate") });
	const reader = new Kysely({ dialect: sqliteDialect(reading, "begin") });
	return {
		kind: "sqlite",
		name: file,
		writer,
		reader,
		rows: rows$1,
		lockRows: sql``,
		lock: async () => {},
		catalogue: sql`select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'`,
		createTable: createTable$1,
		isTransient: (error) => [SQLITE_BUSY, SQLITE_LOCKED].includes(errcode(error)),
		isAway: (error) => AWAY.has(errcode(error)),
		close: async () => {
			await reader.destroy();
			if (reading.isOpen) reading.close();
			await writer.destroy();
			if (writing.isOpen) writing.close();
		}
	};
}
function rows$1(shape, cells) {
	const columns = Object.keys(shape).map((name, i) => `value ->> ${i} as ${name}`);
	return sql`(select ${sql.raw(columns.join(", "))} from json_each(${JSON.stringify(cells)}))`;
}
const TYPES$1 = {
	int: "integer not null",
	text: "text not null",
	"int?": "integer",
	"text?": "text"
};
function createTable$1(name, table) {
	const columns = Object.entries(table.columns).map(([column, kind]) => column === "id" ? "id integer primary key" : `"${column}" ${TYPES$1[kind]}`);
	const keys = table.key === void 0 ? [] : [`primary key (${table.key.join(", ")})`];
	const unique = (table.unique ?? []).map((key) => `unique (${key.join(", ")})`);
	const how = table.key === void 0 ? "strict" : "strict, without rowid";
	return [`create table "${name}" (${[
		...columns,
		...keys,
		...unique
	].join(", ")}) ${how}`, ...(table.indexes ?? []).map((key) => `create index "${name}_${key.join("_")}" on "${name}" (${key.join(", ")})`)];
}
function errcode(error) {
	return error instanceof Error && "errcode" in error ? Number(error.errcode) & 255 : 0;
}
function cannotOpen(file, error) {
	const why = error instanceof Error ? error.message : String(error);
	if (errcode(error) === 26) return new IndexError("not-an-index", `${file} is not an SQLite database (${why}): move it away, and the index is rebuilt from the raw batches.`, { cause: error });
	return new IndexError("unavailable", `The index ${file} cannot be opened: ${why}. Check that the file and its directory belong to this user.`, { cause: error });
}
/** node:sqlite without the one warning that older versions of Node print on every start. */
async function importSqlite() {
	const emit = process.emitWarning;
	process.emitWarning = ((warning, ...rest) => {
		if (String(warning).includes("SQLite is an experimental feature")) return;
		Reflect.apply(emit, process, [warning, ...rest]);
	});
	try {
		return await import("node:sqlite");
	} finally {
		process.emitWarning = emit;
	}
}
// src/collector/lock.ts
/** The file whose lock says that somebody works on the directory; it has nothing in it. */
const LOCK$1 = "collector.lock";
/**
* Makes this process the only one that works on a directory of raw objects, until it releases the lock or ends in any
* way: the lock is the operating system's, held by SQLite. Throws CollectorError: `locked`, `storage`.
*/
async function lockDirectory(dir) {
	const file = join(dir, LOCK$1);
	const { DatabaseSync } = await importSqlite();
	try {
		mkdirSync(dir, { recursive: true });
		const database = new DatabaseSync(file, { timeout: 0 });
		try {
			database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
		} catch (error) {
			database.close();
			throw error;
		}
		return { release: () => database.close() };
	} catch (error) {
		throw error.errcode === 5 ? new CollectorError("locked", `another modgate serve works on ${dir}; stop it, or give this one a directory of its own with --data`) : new CollectorError("storage", `${dir} cannot be worked on: ${error instanceof Error ? error.message : String(error)}; --data wants a directory that this user may write`, { cause: error });
	}
}
// src/collector/index/postgres.ts
/** Tables live in a schema of their own, so that the database may hold other things. */
const SCHEMA = "modgate";
/** One number that every modgate takes its advisory lock on. */
const LOCK = 1836016743;
const CONNECTIONS = 8;
/** Connections that stay open when nothing is asked: a new one takes longer than most answers. */
const KEPT_CONNECTIONS = 2;
const CONNECT_MS = 1e4;
/** A statement that takes longer is stuck: the largest piece of work takes well below a second. */
const STATEMENT_MS = 6e4;
/** What the server cannot end any more, because it is gone without a word, ends here. */
const ANSWER_MS = 65e3;
/** A pool whose connections broke while they were opened may never say that it has ended. */
const END_MS = 2e3;
const INT8 = 20;
const DEADLOCK = "40P01";
const SERIALIZATION = "40001";
/** The index in a PostgreSQL database (15 or newer). Throws IndexError `unavailable` when it cannot be reached. */
async function openPostgres(url) {
	const { Pool, types } = (await import("../vendor/lazy/pg.js")).default;
	const name = withoutCredentials(url);
	const pool = new Pool({
		connectionString: url,
		max: CONNECTIONS,
		min: KEPT_CONNECTIONS,
		connectionTimeoutMillis: CONNECT_MS,
		statement_timeout: STATEMENT_MS,
		query_timeout: ANSWER_MS,
		keepAlive: true,
		application_name: "modgate",
		types: { getTypeParser: (oid, format) => oid === INT8 ? Number : types.getTypeParser(oid, format) }
	});
	pool.on("error", () => {});
	pool.on("connect", (client) => client.on("error", () => {}));
	try {
		await pool.query(`create schema if not exists ${SCHEMA}`).catch(async (error) => {
			if ((await pool.query("select 1 from pg_namespace where nspname = $1", [SCHEMA])).rowCount === 0) throw error;
		});
	} catch (error) {
		await within(END_MS, pool.end());
		throw cannotConnect(name, error);
	}
	const db = new Kysely({ dialect: new PostgresDialect({
		pool,
		onCreateConnection: async (connection) => {
			await connection.executeQuery(sql`set search_path to ${sql.raw(SCHEMA)}; set enable_seqscan to off`.compile(db));
		}
	}) });
	return {
		kind: "postgres",
		name,
		writer: db,
		reader: db,
		rows,
		lockRows: sql` for update`,
		lock: async (tx, how) => {
			const take = how === "alone" ? "pg_advisory_xact_lock" : "pg_advisory_xact_lock_shared";
			await sql`select ${sql.raw(take)}(${sql.lit(LOCK)})`.execute(tx);
		},
		catalogue: sql`select table_name as name from information_schema.tables where table_schema = current_schema()`,
		createTable,
		isTransient: (error) => [DEADLOCK, SERIALIZATION].includes(sqlState(error)),
		isAway: (error) => {
			const state = sqlState(error);
			return state === "" || /^(?:08|53|57|58)/.test(state);
		},
		close: async () => {
			await within(END_MS, db.destroy().then(() => pool.ended ? void 0 : pool.end()));
		}
	};
}
/** Drops the schema with all that is in it. Throws IndexError `unavailable` when the server cannot be reached. */
async function dropPostgres(url) {
	const { Client } = (await import("../vendor/lazy/pg.js")).default;
	const client = new Client({
		connectionString: url,
		connectionTimeoutMillis: CONNECT_MS
	});
	try {
		await client.connect();
		await client.query(`drop schema if exists ${SCHEMA} cascade`);
	} catch (error) {
		throw cannotConnect(withoutCredentials(url), error);
	} finally {
		await client.end().catch(() => {});
	}
}
function rows(shape, cells) {
	const names = Object.keys(shape);
	const arrays = Object.values(shape).map((kind, i) => {
		const type = kind === "int" ? sql`bigint[]` : sql`text[]`;
		return sql`${arrayOf(cells, i)}::${type}`;
	});
	return sql`(select * from unnest(${sql.join(arrays)}) as given(${sql.raw(names.join(", "))}))`;
}
/** A column as PostgreSQL writes an array. The driver would do the same, in several passes over each element. */
function arrayOf(cells, column) {
	let text = "";
	for (const row of cells) {
		const cell = row[column] ?? null;
		if (text !== "") text += ",";
		if (cell === null) text += "NULL";
		else if (typeof cell === "number") text += cell;
		else text += `"${/["\\]/.test(cell) ? cell.replace(/["\\]/g, "\\$&") : cell}"`;
	}
	return `{${text}}`;
}
const TYPES = {
	int: "bigint not null",
	text: "text collate \"C\" not null",
	"int?": "bigint",
	"text?": "text collate \"C\""
};
function createTable(name, table) {
	const columns = Object.entries(table.columns).map(([column, kind]) => column === "id" ? "id bigint generated by default as identity primary key" : `"${column}" ${TYPES[kind]}`);
	const keys = table.key === void 0 ? [] : [`primary key (${table.key.join(", ")})`];
	const unique = (table.unique ?? []).map((key) => `unique (${key.join(", ")})`);
	return [`create table "${name}" (${[
		...columns,
		...keys,
		...unique
	].join(", ")})`, ...(table.indexes ?? []).map((key) => `create index "${name}_${key.join("_")}" on "${name}" (${key.join(", ")})`)];
}
function sqlState(error) {
	const code = error instanceof Error && "code" in error ? String(error.code) : "";
	return /^[0-9A-Z]{5}$/.test(code) ? code : "";
}
/** The address without user, password and parameters (which may hold a password too). */
function withoutCredentials(url) {
	try {
		const { host, pathname } = new URL(url);
		return `postgres://${host}${pathname}`;
	} catch {
		return "the PostgreSQL database";
	}
}
function cannotConnect(name, error) {
	const why = error instanceof Error ? error.message || ("code" in error ? String(error.code) : "") : "";
	return new IndexError("unavailable", `The index in ${name} cannot be opened: ${why}. Check that the server runs, that the database exists and that the user may connect to it and create a schema.`, { cause: error });
}
// src/collector/index/drop-index.ts
/** Removes an index with all its tables, so that the next `openIndex` makes an empty one. Rejects with IndexError. */
async function dropIndex(place) {
	if ("url" in place) return await dropPostgres(place.url);
	for (const suffix of [
		"",
		"-wal",
		"-shm"
	]) await rm(`${place.file}${suffix}`, { force: true });
}
// src/collector/index/apply/lock.ts
/**
* Takes rows for this transaction, those with lower ids first: two that want some of the same wait for each other instead
* of both being ended. SQLite has one writer, who has all rows anyway.
* @param ids ascending
*/
async function lockInOrder(engine, tx, table, ids) {
	if (engine.kind !== "postgres") return;
	for (const piece of pieces(ids)) {
		const given = idRows(engine, piece);
		await sql`select id from ${sql.table(table)}
      where id in (select id from ${given} as src) order by id${engine.lockRows}`.execute(tx);
	}
}
/**
* What the batches of each of these jobs brought or found, numbers ascending. A version without its hash gives way to
* the same one with it: a zip whose hash the proxy did not tell is in the inventory again.
*/
async function membersOfJobs(engine, db, jobs) {
	const found = new Map(jobs.map((job) => [job, /* @__PURE__ */ new Set()]));
	const bare = /* @__PURE__ */ new Set();
	for (const piece of pieces(jobs)) {
		const { rows } = await sql`
      select b.job, b.mods from ${idRows(engine, piece)} as src cross join batch as b
      where b.job = src.id`.execute(db);
		for (const { job, mods } of rows) {
			const members = found.get(job);
			for (const touched of decodeTouched(mods)) {
				if (!touched.member) continue;
				members?.add(touched.id);
				if (touched.bare) bare.add(touched.id);
			}
		}
	}
	for (const piece of pieces([...bare])) {
		const same = await sql`
      select a.id as id, b.id as other from ${idRows(engine, piece)} as src
      cross join modver as a cross join modver as b
      where a.id = src.id and b.module = a.module and b.version = a.version and b.id <> a.id`.execute(db);
		for (const { id, other } of same.rows) for (const members of found.values()) if (members.has(other)) members.delete(id);
	}
	return new Map([...found].map(([job, members]) => [job, ascending(members)]));
}
/** Numbers of sets of module versions (each ascending), in the same order; those that are new are made. */
async function keepSets(engine, tx, sets) {
	const digests = [];
	const numbers = /* @__PURE__ */ new Map();
	for (const piece of pieces(sets, 100)) {
		const texts = /* @__PURE__ */ new Map();
		for (const members of piece) {
			const text = encodeIds(members);
			const digest = createHash("sha256").update(text).digest("hex");
			digests.push(digest);
			texts.set(digest, text);
		}
		const find = async (wanted) => {
			const { rows } = await sql`
        select m.id, m.digest from ${wanted} as src cross join modset as m
        where m.digest = src.digest`.execute(tx);
			for (const { id, digest } of rows) numbers.set(digest, id);
		};
		const sorted = [...texts.keys()].sort().map((digest) => [digest]);
		await find(engine.rows({ digest: "text" }, sorted));
		const fresh = sorted.filter(([digest = ""]) => !numbers.has(digest));
		if (fresh.length === 0) continue;
		const cells = fresh.map(([digest = ""]) => [digest, texts.get(digest) ?? ""]);
		const made = await sql`
      insert into modset (digest, members)
      select digest, members from ${engine.rows({
			digest: "text",
			members: "text"
		}, cells)} as src where true
      on conflict (digest) do nothing returning id, digest`.execute(tx);
		for (const { id, digest } of made.rows) numbers.set(digest, id);
		const taken = fresh.filter(([digest = ""]) => !numbers.has(digest));
		if (taken.length > 0) await find(engine.rows({ digest: "text" }, taken));
	}
	return digests.map((digest) => {
		const number = numbers.get(digest);
		if (number === void 0) throw new Error(`The index has no set ${digest}.`);
		return number;
	});
}
/** The members of sets, by their number. */
async function membersOfSets(engine, db, sets) {
	const out = /* @__PURE__ */ new Map();
	for (const piece of pieces([...new Set(sets)], 100)) {
		const { rows } = await sql`
      select m.id, m.members from ${idRows(engine, piece)} as src cross join modset as m
      where m.id = src.id`.execute(db);
		for (const { id, members } of rows) out.set(id, decodeIds(members));
	}
	return out;
}
function ascending(numbers) {
	return [...numbers].sort((a, b) => a - b);
}
// src/collector/index/apply/heads.ts
/** A job this much older than the newest of its repository says nothing of today: its workflow is gone. */
const HEAD_AGE_MS = 2592e6;
/** Repositories whose use is worked out together. */
const REPOSITORIES = 50;
/**
* What repositories use now: of each job name the newest closed job of the default branch (one with an inventory
* before one without, which knows only what it fetched), none much older than the newest of the repository.
* `before` and `after` are the same jobs as they were and as they are.
*/
async function updateUse(engine, tx, before, after) {
	const places = /* @__PURE__ */ new Map();
	for (const job of [...before, ...after]) if (job.eligible === 1) places.set(`${job.repo} ${job.name}`, [job.repo, job.name]);
	if (places.size === 0) return;
	const sorted = [...places.values()].sort(([a, x], [b, y]) => a - b || (x < y ? -1 : 1));
	const repos = [...new Set(sorted.map(([repo]) => repo))];
	await lockInOrder(engine, tx, "repo", repos);
	for (const piece of pieces(sorted)) await chooseHeads(engine, tx, piece);
	await updateRepositories(engine, tx, repos);
}
async function chooseHeads(engine, tx, places) {
	const given = places.map(([repo, name], i) => [
		i,
		repo,
		name
	]);
	const { rows } = await sql`
    select src.i as i, (
      select j.id from job as j where j.repo = src.repo and j.name = src.name and j.eligible = 1
      order by j.inventory desc, j.last desc, j.uid desc limit 1
    ) as job from ${engine.rows({
		i: "int",
		repo: "int",
		name: "text"
	}, given)} as src`.execute(tx);
	const heads = [];
	const none = [];
	for (const { i, job } of rows) {
		const [repo, name] = places[i] ?? [0, ""];
		if (job === null) none.push([repo, name]);
		else heads.push([
			repo,
			name,
			job
		]);
	}
	if (heads.length > 0) await sql`insert into repo_head (repo, name, job)
      select repo, name, job from ${engine.rows({
		repo: "int",
		name: "text",
		job: "int"
	}, heads)} as src where true
      on conflict (repo, name) do update set job = excluded.job`.execute(tx);
	if (none.length > 0) await sql`delete from repo_head where (repo, name) in
      (select repo, name from ${engine.rows({
		repo: "int",
		name: "text"
	}, none)} as src)`.execute(tx);
}
async function updateRepositories(engine, tx, repos) {
	const heads = await headsOf(engine, tx, repos);
	const { rows } = await sql`
    select r.id, r.uses from ${idRows(engine, repos)} as src cross join repo as r where r.id = src.id`.execute(tx);
	const current = rows.map(({ id, uses }) => ({
		id,
		uses,
		sets: currentSets(heads.get(id) ?? [])
	}));
	for (const piece of pieces(current, REPOSITORIES)) await updateSome(engine, tx, piece);
}
async function headsOf(engine, tx, repos) {
	const { rows } = await sql`
    select distinct h.repo as repo, j.last as last, j.modset as modset
    from ${idRows(engine, repos)} as src cross join repo_head as h cross join job as j
    where h.repo = src.id and j.id = h.job and j.modset is not null`.execute(tx);
	return Map.groupBy(rows, (head) => head.repo);
}
/** Sets of the heads that still count, ascending. */
function currentSets(heads) {
	const newest = heads.reduce((last, head) => Math.max(last, head.last), 0);
	const sets = heads.filter((head) => head.last >= newest - HEAD_AGE_MS).map((head) => head.modset);
	return ascending(new Set(sets));
}
async function updateSome(engine, tx, repos) {
	const several = repos.filter(({ sets }) => sets.length > 1);
	const known = await membersOfSets(engine, tx, several.flatMap(({ sets }) => sets));
	const unions = several.map(({ sets }) => ascending(new Set(sets.flatMap((set) => known.get(set) ?? []))));
	const united = /* @__PURE__ */ new Map();
	(await keepSets(engine, tx, unions)).forEach((set, i) => {
		known.set(set, unions[i] ?? []);
		united.set(several[i]?.id ?? 0, set);
	});
	const changed = repos.map(({ id, uses, sets }) => ({
		id,
		uses,
		now: united.get(id) ?? sets[0] ?? null
	})).filter(({ uses, now }) => uses !== now);
	if (changed.length === 0) return;
	const more = await membersOfSets(engine, tx, changed.flatMap(({ uses, now }) => [uses ?? 0, now ?? 0]).filter((set) => set > 0 && !known.has(set)));
	const membersOf = (set) => known.get(set ?? 0) ?? more.get(set ?? 0) ?? [];
	const come = [];
	const gone = [];
	for (const { id, uses, now } of changed) {
		const had = new Set(membersOf(uses));
		const has = new Set(membersOf(now));
		for (const modver of has) if (!had.has(modver)) come.push([modver, id]);
		for (const modver of had) if (!has.has(modver)) gone.push([modver, id]);
	}
	await replaceUse(engine, tx, come, gone);
	const cells = changed.map(({ id, now }) => [id, now]);
	await sql`update repo set uses = src.uses
    from ${engine.rows({
		id: "int",
		uses: "int"
	}, cells)} as src where repo.id = src.id`.execute(tx);
}
async function replaceUse(engine, tx, come, gone) {
	const shape = {
		modver: "int",
		repo: "int"
	};
	for (const piece of pieces(come)) await sql`insert into repo_use (modver, repo)
      select modver, repo from ${engine.rows(shape, piece)} as src where true`.execute(tx);
	for (const piece of pieces(gone)) await sql`delete from repo_use where (modver, repo) in
      (select modver, repo from ${engine.rows(shape, piece)} as src)`.execute(tx);
}
// src/collector/index/apply/names.ts
/** The key of a repository in `Names`. */
function repoName(batch) {
	return `${batch.facts.job.iss}\0${batch.repoKey}`;
}
/**
* Gives numbers to all names of these batches. Rows are made in the order of their keys, the same in every writer, so
* that writers wait for each other and never in a circle. Repositories come first and stay locked: what is worked out
* for a repository from several jobs is worked out by one writer at a time.
*/
async function nameAll(engine, tx, cache, batches) {
	const repos = await nameRepositories(engine, tx, batches);
	const modvers = /* @__PURE__ */ new Map();
	const unknown = /* @__PURE__ */ new Map();
	const paths = /* @__PURE__ */ new Set();
	for (const batch of batches) {
		for (const [key, use] of batch.modules) {
			if (modvers.has(key) || unknown.has(key)) continue;
			const known = cache.modvers.get(key);
			if (known !== void 0) {
				modvers.set(key, known);
				continue;
			}
			unknown.set(key, use);
			paths.add(use.module);
		}
		for (const module of batch.denied) paths.add(module);
	}
	const modules = await number(engine, tx, "module", { path: "text" }, [...paths].sort(compare), (path) => [path]);
	const found = await number(engine, tx, "modver", {
		module: "int",
		version: "text",
		h1: "text"
	}, [...unknown.entries()].sort(([a], [b]) => compare(a, b)).map(([key]) => key), (key) => {
		const use = unknown.get(key);
		return use === void 0 ? [] : [
			id(modules, use.module),
			use.version,
			use.h1
		];
	});
	for (const [key, use] of unknown) modvers.set(key, {
		module: id(modules, use.module),
		modver: id(found, key)
	});
	return {
		repos,
		modules,
		modvers
	};
}
/** Keeps the numbers of a transaction that is committed. */
function remember(cache, names) {
	for (const [key, ids] of names.modvers) cache.modvers.set(key, ids);
}
/** A number that has to be there. */
function id(numbers, key) {
	const found = numbers.get(key);
	if (found === void 0) throw new Error(`The index has no number for ${JSON.stringify(key)}.`);
	return found;
}
/** By UTF-16 units: any order will do that is the same everywhere. */
function compare(a, b) {
	return a < b ? -1 : a > b ? 1 : 0;
}
async function number(engine, tx, table, shape, keys, cells) {
	const out = /* @__PURE__ */ new Map();
	const columns = sql.raw(Object.keys(shape).join(", "));
	const same = sql.raw(Object.keys(shape).map((column) => `t.${column} = src.${column}`).join(" and "));
	for (const piece of pieces(keys)) {
		let missing = piece;
		const find = async () => {
			const given = missing.map((key, i) => [i, ...cells(key)]);
			const { rows } = await sql`
        select src.i as i, t.id as id from ${engine.rows({
				i: "int",
				...shape
			}, given)} as src
        cross join ${sql.table(table)} as t where ${same}`.execute(tx);
			for (const row of rows) out.set(missing[row.i] ?? "", row.id);
			missing = missing.filter((key) => !out.has(key));
		};
		await find();
		if (missing.length === 0) continue;
		const given = missing.map((key) => cells(key));
		await sql`insert into ${sql.table(table)} (${columns})
      select ${columns} from ${engine.rows(shape, given)} as src where true
      on conflict (${columns}) do nothing`.execute(tx);
		await find();
	}
	return out;
}
async function nameRepositories(engine, tx, batches) {
	const newest = /* @__PURE__ */ new Map();
	for (const batch of batches) {
		const name = repoName(batch);
		const before = newest.get(name);
		if (before === void 0 || newer(batch, before)) newest.set(name, batch);
	}
	const names = [...newest.keys()].sort(compare);
	const cells = names.map((name, i) => {
		const batch = newest.get(name);
		const { iss, repositoryId, forge } = batch.facts.job;
		return [
			i,
			iss,
			batch.repoKey,
			batch.repoKey.startsWith("id:") ? repositoryId : "",
			forge,
			batch.path,
			batch.facts.sealed
		];
	});
	const out = /* @__PURE__ */ new Map();
	for (const piece of pieces(cells)) {
		const src = engine.rows({
			i: "int",
			iss: "text",
			key: "text",
			native: "text",
			forge: "text",
			path: "text",
			last: "int"
		}, piece);
		await sql`insert into repo (iss, key, native, forge, path, last)
      select iss, key, native, forge, path, last from ${src} as src where true
      on conflict (iss, key) do update set path = excluded.path, last = excluded.last
      where (excluded.last, excluded.path) > (repo.last, repo.path)`.execute(tx);
		const { rows } = await sql`
      select src.i as i, r.id as id from ${src} as src
      cross join repo as r where r.iss = src.iss and r.key = src.key`.execute(tx);
		for (const row of rows) out.set(names[row.i] ?? "", row.id);
	}
	return out;
}
function newer(a, b) {
	if (a.facts.sealed !== b.facts.sealed) return a.facts.sealed > b.facts.sealed;
	return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)) > 0;
}
// src/collector/index/apply/rows.ts
const JOB = {
	uid: "text",
	repo: "int",
	name: "text",
	ref: "text",
	sha: "text",
	event: "text",
	actor: "text",
	url: "text",
	change: "text",
	on_default: "int",
	facts_at: "int",
	facts_by: "text"
};
const BATCH = {
	digest: "text",
	job: "int",
	repo: "int",
	inst: "text",
	no: "int",
	prev: "text",
	phase: "text",
	assurance: "int",
	received: "int",
	sealed: "int",
	first_seq: "int",
	last_seq: "int",
	records: "int",
	dropped: "int",
	inventory: "int",
	raw_key: "text",
	mods: "text"
};
/** `insert into TABLE select from rows`, in pieces; `tail` is the rest of the statement. */
async function insert(engine, tx, table, shape, cells, tail = sql``) {
	const columns = sql.raw(Object.keys(shape).join(", "));
	for (const piece of pieces(cells)) await sql`insert into ${sql.table(table)} (${columns})
      select ${columns} from ${engine.rows(shape, piece)} as src where true ${tail}`.execute(tx);
}
/** The jobs of these uids, by uid. */
async function jobsByUid(engine, tx, uids) {
	const out = /* @__PURE__ */ new Map();
	for (const piece of pieces(uids)) {
		const { rows } = await sql`
      select j.id, j.uid, j.repo, j.name, j.on_default, j.eligible, j.state, j.modset, j.stripped
      from ${engine.rows({ uid: "text" }, piece.map((uid) => [uid]))} as src cross join job as j where j.uid = src.uid`.execute(tx);
		for (const row of rows) out.set(row.uid, row);
	}
	return out;
}
/**
* Makes the rows of the jobs, and keeps of each the words of the batch that was received first. The rows stay locked.
*/
async function writeJobs(engine, tx, names, batches) {
	const first = /* @__PURE__ */ new Map();
	for (const batch of batches) {
		const before = first.get(batch.facts.job.uid);
		if (before === void 0 || earlier(batch, before)) first.set(batch.facts.job.uid, batch);
	}
	const cells = [...first.values()].sort((a, b) => compare(a.facts.job.uid, b.facts.job.uid)).map((batch) => {
		const { job, received, digest } = batch.facts;
		return [
			job.uid,
			id(names.repos, repoName(batch)),
			batch.name,
			job.ref,
			job.sha,
			job.event,
			job.actor,
			job.url,
			job.change,
			job.onDefault ? 1 : 0,
			received,
			digest
		];
	});
	const columns = Object.keys(JOB);
	const taken = columns.slice(1).map((column) => `${column} = excluded.${column}`);
	const fresh = {
		state: "'open'",
		opened: 0,
		last: 0,
		batches: 0,
		records: 0,
		dropped: 0,
		inventory: 0
	};
	const zeros = {
		assurance: 0,
		eligible: 0,
		cited: 0,
		stripped: 0,
		news: 0
	};
	const rest = {
		...fresh,
		...zeros
	};
	for (const piece of pieces(cells)) await sql`insert into job (${sql.raw([...columns, ...Object.keys(rest)].join(", "))})
      select ${sql.raw([...columns, ...Object.values(rest)].join(", "))}
      from ${engine.rows(JOB, piece)} as src where true
      on conflict (uid) do update set ${sql.raw(taken.join(", "))}
      where (excluded.facts_at, excluded.facts_by) < (job.facts_at, job.facts_by) and job.stripped = 0`.execute(tx);
}
/**
* Writes the rows of batches that are not there: the batch, what it touched, its denials and findings.
* Returns the digests that another writer was faster with.
*/
async function writeBatches(engine, tx, names, jobs, batches) {
	const sorted = [...batches].sort((a, b) => compare(a.facts.digest, b.facts.digest));
	const numbers = /* @__PURE__ */ new Map();
	for (const piece of pieces(sorted, 500)) {
		const cells = piece.map((batch) => batchCells(names, jobs, batch));
		const columns = sql.raw(Object.keys(BATCH).join(", "));
		const { rows } = await sql`insert into batch (${columns})
      select ${columns} from ${engine.rows(BATCH, cells)} as src where true
      on conflict (digest) do nothing returning id, digest`.execute(tx);
		for (const row of rows) numbers.set(row.digest, row.id);
	}
	const late = /* @__PURE__ */ new Set();
	const touch = [];
	const denial = [];
	const finding = [];
	for (const batch of sorted) {
		const { digest, received, denials, findings } = batch.facts;
		const number = numbers.get(digest);
		if (number === void 0) {
			late.add(digest);
			continue;
		}
		const era = eraOf(received);
		for (const [key, { unasked }] of batch.modules) if (unasked !== true) touch.push([
			era,
			names.modvers.get(key)?.modver ?? 0,
			received,
			number
		]);
		const seqs = /* @__PURE__ */ new Set();
		denials.forEach(({ seq, time, op, version, rule, reason }, i) => {
			if (seqs.has(seq)) return;
			seqs.add(seq);
			denial.push([
				number,
				seq,
				received,
				time,
				cleanKey(op),
				id(names.modules, batch.denied[i] ?? ""),
				cleanKey(version),
				cleanText(rule, SHOWN$1),
				cleanText(reason, SHOWN$1)
			]);
		});
		findings.forEach(({ rule, level, module, version, message }, i) => {
			finding.push([
				number,
				i,
				cleanText(rule, SHOWN$1),
				level,
				module === void 0 ? null : cleanText(module, SHOWN$1),
				version === void 0 ? null : cleanText(version, SHOWN$1),
				cleanText(message, SHOWN$1)
			]);
		});
	}
	touch.sort((a, b) => Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1]));
	await insert(engine, tx, "touch", {
		era: "int",
		modver: "int",
		received: "int",
		batch: "int"
	}, touch);
	await insert(engine, tx, "denial", {
		batch: "int",
		seq: "int",
		received: "int",
		at: "int",
		op: "text",
		module: "int",
		version: "text",
		rule: "text",
		reason: "text"
	}, denial);
	await insert(engine, tx, "finding", {
		batch: "int",
		no: "int",
		rule: "text",
		level: "text",
		module: "text",
		version: "text",
		message: "text"
	}, finding);
	return late;
}
function batchCells(names, jobs, batch) {
	const { facts } = batch;
	const touched = [...batch.modules.entries()].map(([key, use]) => ({
		id: names.modvers.get(key)?.modver ?? 0,
		member: use.code,
		bare: use.h1 === ""
	})).sort((a, b) => a.id - b.id);
	return [
		facts.digest,
		jobs.get(facts.job.uid)?.id ?? 0,
		id(names.repos, repoName(batch)),
		facts.inst,
		facts.no,
		facts.prev ?? null,
		facts.phase,
		batch.assurance,
		facts.received,
		facts.sealed,
		facts.firstSeq,
		facts.lastSeq,
		facts.records,
		facts.dropped,
		facts.hasInventory ? 1 : 0,
		facts.rawKey,
		encodeTouched(touched)
	];
}
function earlier(a, b) {
	if (a.facts.received !== b.facts.received) return a.facts.received < b.facts.received;
	return a.facts.digest < b.facts.digest;
}
// src/collector/index/apply/sightings.ts
const FIRST_SEEN = {
	table: "first_seen",
	key: ["modver"]
};
const FIRST_MODULE = {
	table: "first_module",
	key: ["module"]
};
const REPO_MOD = {
	table: "repo_mod",
	key: ["repo", "modver"]
};
/**
* Lowers first-seen of versions, modules and repositories to what these batches saw of code coming in, and notes
* versions with two hashes.
*/
async function writeSightings(engine, tx, known, names, jobs, batches) {
	const versions = /* @__PURE__ */ new Map();
	const modules = /* @__PURE__ */ new Map();
	const inRepos = /* @__PURE__ */ new Map();
	for (const batch of batches) {
		const job = jobs.get(batch.facts.job.uid);
		if (job === void 0) continue;
		const repo = id(names.repos, repoName(batch));
		for (const [key, use] of batch.modules) {
			const ids = names.modvers.get(key);
			if (!use.code || ids === void 0) continue;
			const seen = {
				at: use.time,
				job: job.id,
				uid: job.uid
			};
			lower(known, versions, sightingKey(ids.modver), [ids.modver], seen);
			lower(known, modules, moduleSightingKey(ids.module), [ids.module], seen);
			lower(known, inRepos, sightingKey(ids.modver, repo), [repo, ids.modver], seen);
		}
	}
	const inRepoRows = sorted(inRepos.values());
	const versionRows = sorted(versions.values());
	const moduleRows = sorted(modules.values());
	const newVersions = await winners(engine, tx, FIRST_SEEN, versionRows);
	const newModules = await winners(engine, tx, FIRST_MODULE, moduleRows);
	const newInRepos = await winners(engine, tx, REPO_MOD, inRepoRows);
	const appeared = newVersions.filter(({ winner }) => winner.before === null).map(({ row }) => row.key[0] ?? 0);
	if (appeared.length > 0) await lockModules(engine, tx, names, appeared);
	await write(engine, tx, FIRST_SEEN, newVersions);
	await write(engine, tx, FIRST_MODULE, newModules);
	await write(engine, tx, REPO_MOD, newInRepos);
	await cite(engine, tx, newVersions, [...newModules, ...newInRepos]);
	return {
		movedEarlier: moved(names, batches, newModules),
		conflicts: await clashes(engine, tx, names, batches, appeared),
		seen: [
			versions,
			modules,
			inRepos
		].flatMap((map) => [...map].map(([key, { at }]) => ({
			key,
			at
		})))
	};
}
/** Notes the earliest; what is known to have been seen before cannot be the first. */
function lower(known, map, name, key, seen) {
	if (known.seenBefore(name, seen.at)) return;
	const before = map.get(name);
	if (before === void 0 || isEarlier(seen, before)) map.set(name, {
		key,
		...seen
	});
}
function isEarlier(a, b) {
	return a.at !== b.at ? a.at < b.at : a.uid < b.uid;
}
function sorted(sightings) {
	return [...sightings].sort((a, b) => (a.key[0] ?? 0) - (b.key[0] ?? 0) || (a.key[1] ?? 0) - (b.key[1] ?? 0));
}
/** Those that are earlier than what is there: usually none, and then nothing is written or locked. */
async function winners(engine, tx, { table, key }, rows) {
	const out = [];
	const same = sql.raw(key.map((column) => `t.${column} = src.${column}`).join(" and "));
	const shape = Object.fromEntries([
		"i",
		...key,
		"at"
	].map((name) => [name, "int"]));
	for (const piece of pieces(rows)) {
		const given = piece.map((row, i) => [
			i,
			...row.key,
			row.at,
			row.uid
		]);
		const found = await sql`
      select src.i as i, t.at as before, j.uid as before_uid
      from ${engine.rows({
			...shape,
			uid: "text"
		}, given)} as src
      left join ${sql.table(table)} as t on ${same}
      left join job as j on j.id = t.job and src.at = t.at
      where t.at is null or src.at < t.at or (src.at = t.at and src.uid < j.uid)`.execute(tx);
		for (const winner of found.rows) {
			const row = piece[winner.i];
			if (row !== void 0) out.push({
				row,
				winner
			});
		}
	}
	return out.sort((a, b) => rowOrder(a.row, b.row));
}
function rowOrder(a, b) {
	return (a.key[0] ?? 0) - (b.key[0] ?? 0) || (a.key[1] ?? 0) - (b.key[1] ?? 0);
}
async function write(engine, tx, { table, key }, won) {
	const columns = [
		...key,
		"at",
		"job"
	];
	const list = sql.raw(columns.join(", "));
	const shape = Object.fromEntries(columns.map((name) => [name, "int"]));
	const t = sql.table(table);
	for (const piece of pieces(won)) {
		const given = piece.map(({ row }) => [
			...row.key,
			row.at,
			row.job
		]);
		await sql`insert into ${t} (${list}) select ${list} from ${engine.rows(shape, given)} as src where true
      on conflict (${sql.raw(key.join(", "))}) do update set at = excluded.at, job = excluded.job
      where excluded.at < ${t}.at or (excluded.at = ${t}.at and
        (select uid from job where id = excluded.job) < (select uid from job where id = ${t}.job))`.execute(tx);
	}
}
/** A job that a first sighting names outlives retention; one that brought a version in is news for the forge. */
async function cite(engine, tx, versions, others) {
	const news = new Set(versions.map(({ row }) => row.job));
	const cells = [.../* @__PURE__ */ new Set([...news, ...others.map(({ row }) => row.job)])].sort((a, b) => a - b).map((job) => [job, news.has(job) ? 1 : 0]);
	for (const piece of pieces(cells)) await sql`update job set cited = 1, news = case
        when src.news = 0 or job.news > 0 or job.sha = '' then job.news
        when exists (select 1 from change c where c.repo = job.repo and c.sha = job.sha and c.again is null) then 2 else 1 end
      from ${engine.rows({
		job: "int",
		news: "int"
	}, piece)} as src where job.id = src.job`.execute(tx);
}
/** Whoever brings in a version of a module first waits for others that do: else each would miss the other's hash. */
async function lockModules(engine, tx, names, appeared) {
	const wanted = new Set(appeared);
	const modules = /* @__PURE__ */ new Set();
	for (const ids of names.modvers.values()) if (wanted.has(ids.modver)) modules.add(ids.module);
	await lockInOrder(engine, tx, "module", ascending(modules));
}
function moved(names, batches, won) {
	const known = /* @__PURE__ */ new Map();
	for (const { row, winner } of won) {
		const before = winner.before === null ? void 0 : {
			at: winner.before,
			uid: winner.before_uid ?? "￿"
		};
		known.set(row.key[0] ?? 0, before);
	}
	const out = /* @__PURE__ */ new Map();
	for (const batch of batches) {
		const { digest, job } = batch.facts;
		for (const [key, use] of batch.modules) {
			const module = names.modvers.get(key)?.module ?? 0;
			if (!use.code || !known.has(module)) continue;
			const before = known.get(module);
			const seen = {
				at: use.time,
				uid: job.uid
			};
			if (before !== void 0) {
				if (seen.at > before.at || seen.at === before.at && seen.uid >= before.uid) continue;
				const list = out.get(digest) ?? [];
				if (!list.includes(use.module)) list.push(use.module);
				out.set(digest, list);
			}
			known.set(module, seen);
		}
	}
	return out;
}
/** Versions that now have two hashes because of a module version that just appeared. */
async function clashes(engine, tx, names, batches, appeared) {
	/** Hashes of a version that were there before, by the number of one that appeared. */
	const others = /* @__PURE__ */ new Map();
	for (const piece of pieces(appeared)) {
		const given = idRows(engine, piece);
		const { rows } = await sql`
      select a.id as id, b.id as other, a.module as module, a.version as version
      from ${given} as src cross join modver as a cross join modver as b cross join first_seen as f
      where a.id = src.id and a.h1 <> '' and b.module = a.module and b.version = a.version
        and b.id <> a.id and b.h1 <> '' and f.modver = b.id
      order by a.module, a.version`.execute(tx);
		const cells = new Map(rows.map((row) => [`${row.module}\0${row.version}`, [row.module, row.version]]));
		for (const few of pieces([...cells.values()])) await sql`insert into clash (module, version)
        select module, version from ${engine.rows({
			module: "int",
			version: "text"
		}, few)} as src where true
        on conflict (module, version) do nothing`.execute(tx);
		for (const row of rows) others.set(row.id, [...others.get(row.id) ?? [], row.other]);
	}
	const out = /* @__PURE__ */ new Map();
	if (others.size === 0) return out;
	const unseen = new Set(appeared);
	for (const batch of batches) for (const [key, use] of batch.modules) {
		const modver = names.modvers.get(key)?.modver ?? 0;
		if (!use.code || !unseen.delete(modver)) continue;
		if (!(others.get(modver) ?? []).some((other) => !unseen.has(other))) continue;
		const { digest } = batch.facts;
		out.set(digest, [...out.get(digest) ?? [], `${use.module}@${use.version}`].sort(compare));
	}
	return out;
}
// src/collector/index/apply/states.ts
/** Batches that are read at once to tell what their jobs had. */
const BATCHES$1 = 500;
/**
* Works out, from all its batches, what each of these jobs is: so that it does not matter in which order they came.
* Returns the jobs as they are now.
*/
async function updateJobs(engine, tx, jobs) {
	const out = [];
	for (const piece of pieces([...jobs].sort((a, b) => a.id - b.id), 1e3)) {
		const sums = await sumUp(engine, tx, piece);
		const sets = await setsOf(engine, tx, sums.filter((sum) => stateOf(sum) === "closed"));
		const byId = new Map(sums.map((sum) => [sum.job, sum]));
		const cells = [];
		for (const job of piece) {
			const sum = byId.get(job.id);
			if (sum === void 0) continue;
			const state = stateOf(sum);
			const modset = sets.get(job.id) ?? null;
			const eligible = state === "closed" && job.on_default === 1 ? 1 : 0;
			cells.push([
				job.id,
				state,
				sum.opened,
				sum.last,
				sum.batches,
				sum.records,
				sum.dropped,
				sum.inventory,
				sum.assurance,
				modset,
				eligible
			]);
			out.push({
				...job,
				state,
				modset,
				eligible
			});
		}
		await writeStates(engine, tx, cells);
	}
	return out;
}
/** The set of each of these jobs, by its number. */
async function setsOf(engine, tx, jobs) {
	const out = /* @__PURE__ */ new Map();
	let group = [];
	let batches = 0;
	const flush = async () => {
		const members = [...await membersOfJobs(engine, tx, group)];
		const numbers = await keepSets(engine, tx, members.map(([, numbers]) => numbers));
		for (const [i, [job]] of members.entries()) out.set(job, numbers[i] ?? 0);
		group = [];
		batches = 0;
	};
	for (const sum of jobs) {
		if (group.length > 0 && batches + sum.batches > BATCHES$1) await flush();
		group.push(sum.job);
		batches += sum.batches;
	}
	if (group.length > 0) await flush();
	return out;
}
function stateOf(sum) {
	if (sum.mismatch > 0 || sum.repos > 1) return "mismatch";
	if (sum.closed < sum.insts) return "open";
	return sum.gap > 0 ? "gap" : "closed";
}
/**
* Each batch beside the one before it in its instance. They contradict each other when two have one number, when one
* does not name the one before it, follows a closing one, or counts requests again; something is missing when numbers
* of batches or requests are.
*/
async function sumUp(engine, tx, jobs) {
	const given = idRows(engine, jobs.map((job) => job.id));
	const { rows } = await sql`
    select job, min(sealed) as opened, max(sealed) as last, count(*) as batches,
      cast(sum(records) as bigint) as records, cast(sum(dropped) as bigint) as dropped,
      max(inventory) as inventory, min(assurance) as assurance,
      count(distinct repo) as repos, count(distinct inst) as insts,
      count(distinct case when phase = 'close' then inst end) as closed,
      max(case
        when was_no is null then case when no = 1 and prev is not null then 1 else 0 end
        when no = was_no or was_phase = 'close' or first_seq <= was_last then 1
        when no = was_no + 1 and (prev is null or prev <> was_digest) then 1
        else 0 end) as mismatch,
      max(case
        when was_no is null then case when no > 1 or first_seq > 1 then 1 else 0 end
        when no > was_no + 1 or first_seq > was_last + 1 then 1
        else 0 end) as gap
    from (
      select b.job, b.repo, b.inst, b.no, b.prev, b.phase, b.sealed, b.records, b.dropped, b.inventory,
        b.assurance, b.first_seq,
        lag(b.no) over w as was_no, lag(b.digest) over w as was_digest,
        lag(b.phase) over w as was_phase, lag(b.last_seq) over w as was_last
      from ${given} as src cross join batch as b where b.job = src.id
      window w as (partition by b.job, b.inst order by b.no, b.digest)
    ) as chain group by job`.execute(tx);
	return rows;
}
async function writeStates(engine, tx, cells) {
	if (cells.length === 0) return;
	const shape = {
		id: "int",
		state: "text",
		opened: "int",
		last: "int",
		batches: "int",
		records: "int",
		dropped: "int",
		inventory: "int",
		assurance: "int",
		modset: "int",
		eligible: "int"
	};
	const taken = Object.keys(shape).slice(1);
	await sql`update job set ${sql.raw(taken.map((column) => `${column} = src.${column}`).join(", "))}
    from ${engine.rows(shape, cells)} as src where job.id = src.id`.execute(tx);
}
// src/collector/index/apply/apply.ts
/** Which of these digests the index has. */
async function knownDigests(engine, db, digests) {
	const known = /* @__PURE__ */ new Set();
	for (const piece of pieces(digests)) {
		const { rows } = await sql`
      select b.digest from ${engine.rows({ digest: "text" }, piece.map((digest) => [digest]))} as src cross join batch as b where b.digest = src.digest`.execute(db);
		for (const row of rows) known.add(row.digest);
	}
	return known;
}
/**
* Takes batches in, all or none. Whatever the order, the grouping and the repetitions, the same batches lead to the
* same index. A batch of a job whose batches retention has dropped still moves first sightings, and nothing else.
*/
async function applyBatches(engine, cache, batches) {
	if (batches.length === 0) return [];
	const { applied, commit } = await engine.writer.transaction().execute(async (tx) => {
		await engine.lock(tx, "apply");
		const known = await knownDigests(engine, tx, [...new Set(batches.map((batch) => batch.digest))]);
		const fresh = /* @__PURE__ */ new Map();
		for (const facts of batches) if (!known.has(facts.digest) && !fresh.has(facts.digest)) fresh.set(facts.digest, prepare(facts));
		const prepared = [...fresh.values()];
		if (prepared.length === 0) return {
			applied: batches.map(({ digest }) => nothing(digest)),
			commit: () => {}
		};
		const names = await nameAll(engine, tx, cache, prepared);
		const uids = [...new Set(prepared.map((batch) => batch.facts.job.uid))].sort(compare);
		const before = await jobsByUid(engine, tx, uids);
		await writeJobs(engine, tx, names, prepared);
		const jobs = await jobsByUid(engine, tx, uids);
		const late = await writeBatches(engine, tx, names, jobs, prepared);
		const news = await writeSightings(engine, tx, cache.sightings, names, jobs, prepared);
		const after = await updateJobs(engine, tx, [...jobs.values()].filter((job) => job.stripped === 0));
		await updateUse(engine, tx, [...before.values()].filter(isLive), after);
		await noteLateOnes(engine, tx, [...jobs.values()].filter((job) => !isLive(job)));
		const told = /* @__PURE__ */ new Set();
		const applied = batches.map(({ digest }) => {
			if (!fresh.has(digest) || late.has(digest) || told.has(digest)) return nothing(digest);
			told.add(digest);
			return {
				digest,
				dup: false,
				movedEarlier: news.movedEarlier.get(digest) ?? [],
				conflicts: news.conflicts.get(digest) ?? []
			};
		});
		const commit = () => {
			remember(cache, names);
			for (const { key, at } of news.seen) cache.sightings.note(key, at);
		};
		return {
			applied,
			commit
		};
	});
	commit();
	return applied;
}
function nothing(digest) {
	return {
		digest,
		dup: true,
		movedEarlier: [],
		conflicts: []
	};
}
function isLive(job) {
	return job.stripped === 0;
}
/** Batches that came after retention dropped the others of their job: the next retention finds them. */
async function noteLateOnes(engine, tx, jobs) {
	for (const piece of pieces(jobs)) {
		const given = idRows(engine, piece.map((job) => job.id));
		await sql`update job set stripped = 2 where id in (select id from ${given} as src)`.execute(tx);
	}
}
// src/collector/index/migrations.ts
/** The tables of the first version, by name. */
const FIRST = {
	repo: {
		columns: {
			id: "int",
			iss: "text",
			key: "text",
			native: "text",
			forge: "text",
			path: "text",
			last: "int",
			uses: "int?"
		},
		unique: [["iss", "key"]],
		indexes: [["path"]]
	},
	module: {
		columns: {
			id: "int",
			path: "text"
		},
		unique: [["path"]]
	},
	modver: {
		columns: {
			id: "int",
			module: "int",
			version: "text",
			h1: "text"
		},
		unique: [[
			"module",
			"version",
			"h1"
		]]
	},
	job: {
		columns: {
			id: "int",
			uid: "text",
			repo: "int",
			name: "text",
			ref: "text",
			sha: "text",
			event: "text",
			actor: "text",
			url: "text",
			change: "text",
			on_default: "int",
			facts_at: "int",
			facts_by: "text",
			state: "text",
			opened: "int",
			last: "int",
			batches: "int",
			records: "int",
			dropped: "int",
			inventory: "int",
			assurance: "int",
			modset: "int?",
			eligible: "int",
			cited: "int",
			stripped: "int",
			news: "int"
		},
		unique: [["uid"]],
		indexes: [
			["stripped", "last"],
			[
				"stripped",
				"state",
				"last"
			],
			["repo", "last"],
			[
				"repo",
				"name",
				"eligible",
				"inventory",
				"last"
			],
			[
				"news",
				"repo",
				"sha"
			]
		]
	},
	batch: {
		columns: {
			id: "int",
			digest: "text",
			job: "int",
			repo: "int",
			inst: "text",
			no: "int",
			prev: "text?",
			phase: "text",
			assurance: "int",
			received: "int",
			sealed: "int",
			first_seq: "int",
			last_seq: "int",
			records: "int",
			dropped: "int",
			inventory: "int",
			raw_key: "text",
			mods: "text"
		},
		unique: [["digest"]],
		indexes: [
			[
				"job",
				"inst",
				"no"
			],
			["received"],
			["repo", "received"]
		]
	},
	touch: {
		columns: {
			era: "int",
			modver: "int",
			received: "int",
			batch: "int"
		},
		key: [
			"era",
			"modver",
			"received",
			"batch"
		]
	},
	modset: {
		columns: {
			id: "int",
			digest: "text",
			members: "text"
		},
		unique: [["digest"]]
	},
	repo_head: {
		columns: {
			repo: "int",
			name: "text",
			job: "int"
		},
		key: ["repo", "name"]
	},
	repo_use: {
		columns: {
			modver: "int",
			repo: "int"
		},
		key: ["modver", "repo"]
	},
	first_seen: {
		columns: {
			modver: "int",
			at: "int",
			job: "int"
		},
		key: ["modver"],
		indexes: [["job"]]
	},
	first_module: {
		columns: {
			module: "int",
			at: "int",
			job: "int"
		},
		key: ["module"]
	},
	repo_mod: {
		columns: {
			repo: "int",
			modver: "int",
			at: "int",
			job: "int"
		},
		key: ["repo", "modver"]
	},
	clash: {
		columns: {
			module: "int",
			version: "text"
		},
		key: ["module", "version"]
	},
	denial: {
		columns: {
			batch: "int",
			seq: "int",
			received: "int",
			at: "int",
			op: "text",
			module: "int",
			version: "text",
			rule: "text",
			reason: "text"
		},
		key: ["batch", "seq"],
		indexes: [[
			"module",
			"received",
			"batch"
		], ["received", "batch"]]
	},
	finding: {
		columns: {
			batch: "int",
			no: "int",
			rule: "text",
			level: "text",
			module: "text?",
			version: "text?",
			message: "text"
		},
		key: ["batch", "no"]
	},
	change: {
		columns: {
			repo: "int",
			sha: "text",
			info: "text",
			again: "int?"
		},
		key: ["repo", "sha"]
	}
};
/** Step n brings version n to n + 1; a step that was released is never changed. */
const MIGRATIONS = [async (engine, tx) => {
	for (const [name, table] of Object.entries(FIRST)) for (const statement of engine.createTable(name, table)) await sql.raw(statement).execute(tx);
}];
/** The version of the tables that this modgate reads and writes. */
const SCHEMA_VERSION = MIGRATIONS.length;
/**
* Brings the tables up to this version, in one transaction that excludes every other writer. Throws IndexError
* `newer-schema` when a newer modgate was here, and `not-an-index` when the place holds tables of somebody else.
*/
async function migrate(engine) {
	await engine.writer.transaction().execute(async (tx) => {
		await engine.lock(tx, "alone");
		const version = await currentVersion(engine, tx);
		if (version > SCHEMA_VERSION) throw new IndexError("newer-schema", `The index in ${engine.name} has tables of version ${version}, and this modgate knows up to version ${SCHEMA_VERSION}: run the newer modgate that made it, or give this one a database of its own (an index is rebuilt from the raw batches).`);
		if (version === SCHEMA_VERSION) return;
		for (const step of MIGRATIONS.slice(version)) await step(engine, tx);
		await sql`insert into meta (name, value) values ('schema', ${String(SCHEMA_VERSION)})
      on conflict (name) do update set value = excluded.value`.execute(tx);
	});
}
async function currentVersion(engine, tx) {
	const names = new Set((await engine.catalogue.execute(tx)).rows.map((row) => row.name));
	if (!names.has("meta")) {
		if (names.size > 0) throw notAnIndex(engine, [...names].slice(0, 3).join(", "));
		for (const statement of engine.createTable("meta", {
			columns: {
				name: "text",
				value: "text"
			},
			key: ["name"]
		})) await sql.raw(statement).execute(tx);
		return 0;
	}
	const row = await tx.selectFrom("meta").select("value").where("name", "=", "schema").executeTakeFirst().catch((error) => {
		throw notAnIndex(engine, "meta", error);
	});
	const version = Number(row?.value);
	if (!Number.isSafeInteger(version) || version < 1) throw notAnIndex(engine, "meta");
	return version;
}
function notAnIndex(engine, tables, cause) {
	return new IndexError("not-an-index", `${engine.name} holds tables that are not modgate's (${tables}): give the index a database of its own.`, { cause });
}
[...Object.keys(FIRST)];
// src/collector/index/questions/newest.ts
/** Places (a module version in a week) that one statement looks at. */
const TOGETHER = 2e4;
/** Batches received in one millisecond that are told apart. */
const TIES = 1e4;
/** The newest batches of a source. */
async function newest(engine, db, source, { size, since, cursor }) {
	const find = (span, limit) => source.table === "touch" ? touched(engine, db, source.modvers, span, limit) : refused(db, source.where, span, limit);
	const from = since ?? 0;
	const found = await find({
		from,
		before: cursor?.received ?? Number.MAX_SAFE_INTEGER
	}, size);
	const last = found[size - 1]?.received;
	const ends = new Set([last, cursor?.received].filter((end) => end !== void 0 && end >= from));
	for (const end of ends) found.push(...await find({
		from: end ?? 0,
		before: (end ?? 0) + 1
	}, TIES));
	return (await tell(engine, db, [...new Set(found.map(({ batch }) => batch))])).filter(({ received, digest }) => cursor === void 0 || received < cursor.received || received === cursor.received && digest < cursor.digest).sort((a, b) => b.received - a.received || (a.digest < b.digest ? 1 : -1)).slice(0, size);
}
/** Newest first. Week after week, and more of them at once the longer too little is found. */
async function touched(engine, db, modvers, { from, before }, limit) {
	const found = [];
	const most = Math.max(1, Math.floor(TOGETHER / modvers.length));
	let last = eraOf(before - 1);
	for (let count = 1; found.length < limit; count = Math.min(4 * count, most)) {
		const eras = await erasUpTo(db, last, eraOf(from), count);
		const cells = eras.flatMap((era) => modvers.map((modver) => [era, modver]));
		const { rows } = await sql`
      select distinct t.received as received, t.batch as batch
      from ${engine.rows({
			era: "int",
			modver: "int"
		}, cells)} as src cross join touch as t
      where t.era = src.era and t.modver = src.modver and t.received >= ${from} and t.received < ${before}
      order by t.received desc, t.batch desc limit ${limit - found.length}`.execute(db);
		for (const row of rows) found.push(row);
		if (eras.length < count) break;
		last = (eras.at(-1) ?? 0) - 1;
	}
	return found;
}
/** The weeks of which there is anything, from the last one down; of others there may be any number. */
async function erasUpTo(db, last, first, count) {
	const { rows } = await sql`
    with recursive week(era) as (
      select max(era) from touch where era <= ${last}
      union all
      select (select max(t.era) from touch as t where t.era < week.era) from week where week.era >= ${first}
    ) select era from week where era >= ${first} limit ${count}`.execute(db);
	return rows.map(({ era }) => era);
}
/** Newest first. */
async function refused(db, where, { from, before }, limit) {
	const { rows } = await sql`
    select distinct received, batch from denial
    where ${where} and received >= ${from} and received < ${before}
    order by received desc, batch desc limit ${limit}`.execute(db);
	return rows;
}
async function tell(engine, db, batches) {
	const out = [];
	for (const piece of pieces(batches)) {
		const { rows } = await sql`
      select b.digest as digest, b.raw_key as "rawKey", b.received as received
      from ${idRows(engine, piece)} as src cross join batch as b where b.id = src.id`.execute(db);
		out.push(...rows);
	}
	return out;
}
// src/collector/index/questions/sighting.ts
/** A time of the index as answers have it. */
function isoTime(ms) {
	return new Date(ms).toISOString();
}
/** Tells sightings in words: each job is read once, however many sightings name it. */
async function sightings(engine, db, seen) {
	const jobs = /* @__PURE__ */ new Map();
	for (const piece of pieces([...new Set(seen.map(({ job }) => job))])) {
		const given = idRows(engine, piece);
		const { rows } = await sql`
      select j.id, j.uid, r.path as repository, j.ref, j.sha, j.actor, j.url, j.assurance, c.info as info
      from ${given} as src cross join job as j cross join repo as r
      left join change as c on c.repo = j.repo and c.sha = j.sha and c.info <> ''
      where j.id = src.id and r.id = j.repo`.execute(db);
		for (const row of rows) jobs.set(row.id, row);
	}
	return ({ at, job }) => {
		const words = jobs.get(job);
		if (words === void 0) throw new Error(`The index has a sighting by job ${job} and no such job.`);
		return {
			time: isoTime(at),
			repository: words.repository,
			ref: words.ref,
			sha: words.sha,
			actor: words.actor,
			job: words.uid,
			url: words.url,
			assurance: ASSURANCES[words.assurance] ?? "relayed",
			...words.info === null ? {} : { change: JSON.parse(words.info) }
		};
	};
}
/** Numbers of the repositories that go by this path now; a path may have been given away and taken again. */
async function repositoriesAt(db, path) {
	return (await db.selectFrom("repo").select("id").where("path", "=", path).orderBy("id").limit(100).execute()).map((row) => row.id);
}
/** The number of a module, undefined when no record names it. */
async function moduleNumber(db, path) {
	return (await db.selectFrom("module").select("id").where("path", "=", path).executeTakeFirst())?.id;
}
// src/collector/index/questions/candidates.ts
const NONE = {
	batches: [],
	next: null
};
/** Versions of a module that are looked for one by one; of more, those seen last. */
const VERSIONS = 2e3;
/** The batches that may hold records of a module, refusals, of a repository or a job; newest first. */
async function candidates(engine, db, question) {
	const size = pageSize(question.limit);
	const key = readCursor(question.after, ["number", "string"]);
	const cursor = key === void 0 ? void 0 : {
		received: Number(key[0]),
		digest: String(key[1])
	};
	const since = question.since === void 0 ? void 0 : Math.floor(question.since);
	const source = await sourceOf(db, question);
	const place = await placeOf(db, question);
	if (source === "none" || place === "none") return NONE;
	const range = {
		size: size + 1,
		since,
		cursor
	};
	const found = source !== void 0 && place === void 0 ? await newest(engine, db, source, range) : await fromBatches(db, source, place, range);
	const { rows, next } = page(found, size, (row) => [row.received, row.digest]);
	return {
		batches: rows.map((row) => ({ ...row })),
		next
	};
}
/** Where batches of this module or with these refusals are noted; undefined when the question is about neither. */
async function sourceOf(db, { module, version, decision }) {
	const number = module === void 0 ? void 0 : await moduleNumber(db, cleanKey(module));
	if (module !== void 0 && number === void 0) return "none";
	if (decision === "deny") {
		const where = [sql`1 = 1`];
		if (number !== void 0) where.push(sql`module = ${number}`);
		if (version !== void 0) where.push(sql`version = ${cleanKey(version)}`);
		return {
			table: "denial",
			where: sql`${sql.join(where, sql` and `)}`
		};
	}
	if (number === void 0) return void 0;
	let query = db.selectFrom("modver").select("id").where("module", "=", number);
	if (version !== void 0) query = query.where("version", "=", cleanKey(version));
	const modvers = await query.orderBy("id", "desc").limit(VERSIONS).execute();
	if (modvers.length === 0) return "none";
	return {
		table: "touch",
		modvers: modvers.map(({ id }) => id)
	};
}
async function placeOf(db, { repository, job }) {
	const where = [];
	if (repository !== void 0) {
		const repos = await repositoriesAt(db, cleanKey(repository));
		if (repos.length === 0) return "none";
		where.push(sql`b.repo in (${sql.join(repos)})`);
	}
	if (job !== void 0) {
		const row = await db.selectFrom("job").select("id").where("uid", "=", cleanKey(job)).executeTakeFirst();
		if (row === void 0) return "none";
		where.push(sql`b.job = ${row.id}`);
	}
	return where.length === 0 ? void 0 : sql`${sql.join(where, sql` and `)}`;
}
/** The week comes first in the key of the table. */
function inModvers(modvers) {
	return sql`t.era = b.received / ${sql.lit(ERA_MS)} and t.modver in (${sql.join(modvers)})`;
}
/** Batches in order of time, of a repository or job, each looked at for what is asked. */
async function fromBatches(db, source, place, { size, since, cursor }) {
	const where = [place ?? sql`1 = 1`];
	if (source !== void 0) {
		const of = source.table === "denial" ? source.where : inModvers(source.modvers);
		where.push(sql`exists (select 1 from ${sql.table(source.table)} as t
      where t.received = b.received and t.batch = b.id and ${of})`);
	}
	if (since !== void 0) where.push(sql`b.received >= ${since}`);
	if (cursor !== void 0) {
		where.push(sql`b.received <= ${cursor.received}`);
		where.push(sql`(b.received, b.digest) < (${cursor.received}, ${cursor.digest})`);
	}
	return (await sql`
    select b.digest as digest, b.raw_key as "rawKey", b.received as received from batch as b
    where ${sql.join(where, sql` and `)}
    order by b.received desc, b.digest desc limit ${size}`.execute(db)).rows;
}
// src/collector/index/questions/scope.ts
/**
* Repositories that somebody may see, as a condition on the column `path` of `repo`: those whose first element is one of
* the owners. Undefined where all may be seen.
*/
function ownedPath(path, owners) {
	if (owners === void 0) return void 0;
	const one = owners.map((owner) => sql`(${path} >= ${cleanKey(`${owner}/`)} and ${path} < ${cleanKey(`${owner}0`)})`);
	return one.length === 0 ? sql`1 = 0` : sql`(${sql.join(one, sql` or `)})`;
}
/** The same as a condition on the number of a repository. */
function ownedRepo(repo, owners) {
	const owned = ownedPath(sql`o.path`, owners);
	return owned === void 0 ? void 0 : sql`${repo} in (select o.id from repo as o where ${owned})`;
}
// src/collector/index/questions/changes.ts
const APPROVERS = 100;
/** UTF-16 units of a text that is only shown. */
const SHOWN = 2048;
/** Commits that brought in a version nobody had before, and that their forge is to be asked about; newest first. */
async function unexplained(db, { forges, now, limit }) {
	const wanted = forges.map(({ iss, owners }) => {
		const owned = ownedPath(sql`lower(r.path)`, owners?.map((owner) => owner.toLowerCase()));
		const from = sql`r.iss = ${cleanKey(iss)}`;
		return owned === void 0 ? from : sql`(${from} and ${owned})`;
	});
	if (wanted.length === 0) return [];
	const { rows } = await sql`
    select r.iss as iss, r.path as repository, r.native as "repositoryId", j.sha as sha,
      max(j.change) as change, max(j.opened) as seen
    from job as j cross join repo as r left join change as c on c.repo = j.repo and c.sha = j.sha
    where j.news = 1 and r.id = j.repo and j.sha <> '' and (${sql.join(wanted, sql` or `)})
      and (c.again is null or c.again <= ${now})
      and exists (select 1 from first_seen as f where f.job = j.id)
    group by r.iss, r.key, r.path, r.native, j.sha
    order by max(j.opened) desc, r.iss, r.key, j.sha limit ${pageSize(limit)}`.execute(db);
	return rows.map((row) => ({ ...row }));
}
/** Keeps what the forge said; without a time to ask again nobody asks again. */
async function explain(engine, commit, change, again) {
	const info = change === void 0 ? "" : JSON.stringify(bounded(change));
	const sha = cleanKey(commit.sha);
	await engine.writer.transaction().execute(async (tx) => {
		await engine.lock(tx, "apply");
		const repo = await tx.selectFrom("repo").select("id").where("iss", "=", cleanKey(commit.iss)).where("key", "=", repositoryKey(commit)).executeTakeFirst();
		if (repo === void 0) return;
		await sql`select id from repo where id = ${repo.id}${engine.lockRows}`.execute(tx);
		await tx.insertInto("change").values({
			repo: repo.id,
			sha,
			info,
			again
		}).onConflict((conflict) => conflict.columns(["repo", "sha"]).doUpdateSet(info === "" ? { again } : {
			info,
			again
		})).execute();
		if (again !== null) return;
		await tx.updateTable("job").set({ news: 2 }).where("news", "=", 1).where("repo", "=", repo.id).where("sha", "=", sha).execute();
	});
}
function bounded(change) {
	const shown = (text) => cleanText(text, SHOWN);
	return {
		number: change.number,
		url: shown(change.url),
		title: shown(change.title),
		author: shown(change.author),
		mergedBy: shown(change.mergedBy),
		approvers: change.approvers.slice(0, APPROVERS).map(shown)
	};
}
// src/collector/index/questions/conflicts.ts
/** Most hashes that one version is shown with; an honest one has one, a moved tag two. */
const HASHES = 100;
/** Versions that came with more than one h1: a tag was moved, or somebody lies. */
async function conflicts(engine, db, { owners, limit, after }) {
	const size = pageSize(limit);
	const cursor = readCursor(after, ["string", "string"]);
	const later = cursor === void 0 ? sql`` : sql`and (m.path, c.version) > (${sql.join(cursor)})`;
	const owned = ownedRepo(sql`s.repo`, owners);
	const seen = owned === void 0 ? sql`` : sql`and (select count(distinct v.h1) from modver as v cross join repo_mod as s
          where v.module = c.module and v.version = c.version and v.h1 <> '' and s.modver = v.id and ${owned}) > 1`;
	const clashes = await sql`
    select m.id as id, m.path as module, c.version as version
    from clash as c cross join module as m where m.id = c.module ${later} ${seen}
    order by m.path, c.version limit ${size + 1}`.execute(db);
	const { rows, next } = page(clashes.rows, size, (row) => [row.module, row.version]);
	const hashes = [];
	for (const { id, module, version } of rows) {
		const found = owned === void 0 ? await sql`
            select v.version as version, v.h1 as h1, f.at as at, f.job as job
            from modver as v cross join first_seen as f
            where v.module = ${id} and v.version = ${version} and v.h1 <> '' and f.modver = v.id
            order by f.at, v.h1 limit ${HASHES}`.execute(db) : await sql`
            select version, h1, at, job from (
              select v.version as version, v.h1 as h1, s.at as at, s.job as job,
                row_number() over (partition by v.id order by s.at, j.uid) as place
              from modver as v cross join repo_mod as s cross join job as j
              where v.module = ${id} and v.version = ${version} and v.h1 <> '' and s.modver = v.id and ${owned}
                and j.id = s.job
            ) as firsts where place = 1 order by at, h1 limit ${HASHES}`.execute(db);
		hashes.push(...found.rows.map((row) => ({
			...row,
			module
		})));
	}
	const tell = await sightings(engine, db, hashes);
	const byVersion = Map.groupBy(hashes, (row) => `${row.module}\0${row.version}`);
	return {
		conflicts: rows.map(({ module, version }) => ({
			module,
			version,
			hashes: (byVersion.get(`${module}\0${version}`) ?? []).map((row) => ({
				h1: row.h1,
				first: tell(row)
			}))
		})),
		next
	};
}
// src/collector/index/questions/diff.ts
/** What one job had and the other had not. Throws IndexError `no-such-job`. */
async function diff(engine, db, { from, to, owners }) {
	const had = new Set(await setOfJob(engine, db, from, owners));
	const has = new Set(await setOfJob(engine, db, to, owners));
	const gone = await versionsOf(engine, db, [...had].filter((member) => !has.has(member)));
	const come = await versionsOf(engine, db, [...has].filter((member) => !had.has(member)));
	const goneOf = Map.groupBy(gone, (version) => version.module);
	const comeOf = Map.groupBy(come, (version) => version.module);
	const changed = [];
	const moved = /* @__PURE__ */ new Set();
	for (const [module, versions] of comeOf) {
		const [old, ...more] = goneOf.get(module) ?? [];
		const [now] = versions;
		if (old === void 0 || now === void 0 || more.length > 0 || versions.length > 1) continue;
		if (old.version === now.version) continue;
		moved.add(module);
		changed.push({
			module,
			from: old.version,
			to: now.version
		});
	}
	const added = come.filter((version) => !moved.has(version.module));
	const removed = gone.filter((version) => !moved.has(version.module));
	return {
		from,
		to,
		added: added.slice(0, MAX_PAGE),
		removed: removed.slice(0, MAX_PAGE),
		changed: changed.slice(0, MAX_PAGE),
		truncated: Math.max(added.length, removed.length, changed.length) > MAX_PAGE
	};
}
async function setOfJob(engine, db, uid, owners) {
	const job = await db.selectFrom("job").innerJoin("repo", "repo.id", "job.repo").leftJoin("modset", "modset.id", "job.modset").select([
		"job.id",
		"job.stripped",
		"modset.members"
	]).where("uid", "=", cleanKey(uid)).where(sql`${ownedPath(sql`repo.path`, owners) ?? sql`1 = 1`}`).executeTakeFirst();
	if (job !== void 0 && job.members !== null) return decodeIds(job.members);
	if (job === void 0 || job.stripped !== 0) throw new IndexError("no-such-job", `The index has no job ${JSON.stringify(uid.slice(0, 80))}, or dropped what it had because of its age: take the \`job\` of an answer to who, used or jobs.`);
	return (await membersOfJobs(engine, db, [job.id])).get(job.id) ?? [];
}
async function versionsOf(engine, db, modvers) {
	const out = [];
	for (const piece of pieces(modvers)) {
		const given = idRows(engine, piece);
		const { rows } = await sql`
      select m.path as module, v.version as version, v.h1 as h1
      from ${given} as src cross join modver as v cross join module as m
      where v.id = src.id and m.id = v.module`.execute(db);
		out.push(...rows);
	}
	const key = (version) => Buffer.from(`${version.module}\0${version.version}\0${version.h1}`);
	return out.map((version) => ({
		version,
		key: key(version)
	})).sort((a, b) => Buffer.compare(a.key, b.key)).map(({ version }) => version);
}
// src/collector/index/questions/jobs.ts
/** Most findings of one job in an answer; a batch may hold 500. */
const FINDINGS = 100;
/** Jobs by state and repository, the one heard of last first. */
async function jobs(engine, db, { states, repository, owners, before, limit, after }) {
	const size = pageSize(limit);
	const cursor = readCursor(after, ["number", "string"]);
	const where = [sql`r.id = j.repo`, sql`j.stripped = 0`];
	if (states?.length === 0) return {
		jobs: [],
		next: null
	};
	if (states !== void 0) where.push(sql`j.state in (${sql.join(states)})`);
	if (before !== void 0) where.push(sql`j.last < ${Math.floor(before)}`);
	const owned = ownedPath(sql`r.path`, owners);
	if (owned !== void 0) where.push(owned);
	if (repository !== void 0) {
		const repos = await repositoriesAt(db, cleanKey(repository));
		if (repos.length === 0) return {
			jobs: [],
			next: null
		};
		where.push(sql`j.repo in (${sql.join(repos)})`);
	}
	if (cursor !== void 0) {
		where.push(sql`j.last <= ${cursor[0]}`);
		where.push(sql`(j.last, j.uid) < (${sql.join(cursor)})`);
	}
	const found = await sql`
    select j.id, j.uid, r.path, j.ref, j.sha, j.name, j.actor, j.url, j.state, j.opened, j.last, j.batches,
      j.records, j.dropped
    from job as j cross join repo as r where ${sql.join(where, sql` and `)}
    order by j.last desc, j.uid desc limit ${size + 1}`.execute(db);
	const { rows, next } = page(found.rows, size, (row) => [row.last, row.uid]);
	const findings = await findingsOf(engine, db, rows.map((row) => row.id));
	return {
		jobs: rows.map((row) => ({
			job: row.uid,
			repository: row.path,
			ref: row.ref,
			sha: row.sha,
			name: row.name,
			actor: row.actor,
			url: row.url,
			state: row.state,
			opened: isoTime(row.opened),
			last: isoTime(row.last),
			batches: row.batches,
			records: row.records,
			dropped: row.dropped,
			findings: findings.get(row.id) ?? []
		})),
		next
	};
}
async function findingsOf(engine, db, jobs) {
	const given = idRows(engine, jobs);
	const { rows } = await sql`select job, rule, level, module, version, message from (
      select b.job as job, f.rule as rule, f.level as level, f.module as module, f.version as version,
        f.message as message, row_number() over (partition by b.job order by b.inst, b.no, b.digest, f.no) as place
      from ${given} as src cross join batch as b cross join finding as f
      where b.job = src.id and f.batch = b.id
    ) as told where place <= ${FINDINGS} order by job, place`.execute(db);
	const out = /* @__PURE__ */ new Map();
	for (const { job, rule, level, module, version, message } of rows) {
		const list = out.get(job) ?? [];
		list.push({
			rule,
			level,
			...module === null ? {} : { module },
			...version === null ? {} : { version },
			message
		});
		out.set(job, list);
	}
	return out;
}
// src/collector/index/questions/repositories.ts
/** Every repository that sent a record, ever. */
async function repositories(db, { forge, owners, limit, after }) {
	const size = pageSize(limit);
	const cursor = readCursor(after, ["string", "string"]);
	const where = [sql`1 = 1`];
	if (forge !== void 0) where.push(sql`forge = ${forge}`);
	const owned = ownedPath(sql`path`, owners);
	if (owned !== void 0) where.push(owned);
	if (cursor !== void 0) where.push(sql`(iss, key) > (${sql.join(cursor)})`);
	const found = await sql`
    select iss, key, native, path, last from repo where ${sql.join(where, sql` and `)}
    order by iss, key limit ${size + 1}`.execute(db);
	const { rows, next } = page(found.rows, size, (row) => [row.iss, row.key]);
	return {
		repositories: rows.map((row) => ({
			iss: row.iss,
			repository: row.path,
			repositoryId: row.native,
			last: isoTime(row.last)
		})),
		next
	};
}
// src/collector/index/questions/used.ts
/** Which repositories use a module, or one version of it, now. */
async function used(engine, db, { module, version, owners, limit, after }) {
	const size = pageSize(limit);
	const cursor = readCursor(after, [
		"string",
		"string",
		"string",
		"string",
		"string"
	]);
	const asked = {
		module,
		...version === void 0 ? {} : { version }
	};
	const number = await moduleNumber(db, cleanKey(module));
	if (number === void 0) return {
		...asked,
		uses: [],
		next: null
	};
	const where = [
		sql`m.module = ${number}`,
		sql`u.modver = m.id`,
		sql`r.id = u.repo`
	];
	if (version !== void 0) where.push(sql`m.version = ${cleanKey(version)}`);
	const owned = ownedPath(sql`r.path`, owners);
	if (owned !== void 0) where.push(owned);
	if (cursor !== void 0) {
		where.push(sql`m.version >= ${cursor[0]}`);
		where.push(sql`(m.version, m.h1, r.path, r.iss, r.key) > (${sql.join(cursor)})`);
	}
	const found = await sql`
    select p.*, (select f.at from repo_mod as f where f.repo = p.repo and f.modver = p.modver) as first
    from (
      select m.id as modver, m.version as version, m.h1 as h1, r.id as repo, r.path as path, r.iss as iss, r.key as key
      from modver as m cross join repo_use as u cross join repo as r
      where ${sql.join(where, sql` and `)}
      order by m.version, m.h1, r.path, r.iss, r.key limit ${size + 1}
    ) as p order by p.version, p.h1, p.path, p.iss, p.key`.execute(db);
	const { rows, next } = page(found.rows, size, (row) => [
		row.version,
		row.h1,
		row.path,
		row.iss,
		row.key
	]);
	const headOf = await headsWith(engine, db, rows);
	return {
		...asked,
		uses: rows.map((row) => {
			const head = headOf(row);
			return {
				repository: row.path,
				version: row.version,
				h1: row.h1,
				first: isoTime(row.first ?? head.last),
				last: isoTime(head.last),
				ref: head.ref,
				job: head.uid
			};
		}),
		next
	};
}
/** For each use the newest head of the repository that has the version. */
async function headsWith(engine, db, uses) {
	const repos = [...new Set(uses.map((use) => use.repo))];
	const { rows } = await sql`
    select h.repo as repo, j.uid as uid, j.ref as ref, j.last as last, j.modset as modset
    from ${idRows(engine, repos)} as src cross join repo_head as h cross join job as j
    where h.repo = src.id and j.id = h.job and j.modset is not null
    order by j.last desc, j.uid desc`.execute(db);
	const heads = Map.groupBy(rows, (head) => head.repo);
	const wanted = new Set(uses.map((use) => use.modver));
	const found = /* @__PURE__ */ new Map();
	let left = uses;
	for (let place = 0; left.length > 0; place++) {
		const tried = left.map((use) => ({
			use,
			head: headAt(heads.get(use.repo) ?? [], place, use)
		}));
		const sets = await membersAmong(engine, db, tried.map(({ head }) => head.modset), wanted);
		for (const { use, head } of tried) if (sets.get(head.modset)?.has(use.modver)) found.set(use, head);
		left = left.filter((use) => !found.has(use));
	}
	return (use) => found.get(use) ?? headAt([], 0, use);
}
/** One of the heads of a repository (newest first) that still count. Throws where there is none. */
function headAt(heads, place, use) {
	const head = heads[place];
	if (head !== void 0 && head.last >= (heads[0]?.last ?? 0) - 2592e6) return head;
	throw new Error(`The index has a use in ${use.path} and no job for it.`);
}
/** Those of `wanted` that are in each set: sets may be large. */
async function membersAmong(engine, db, sets, wanted) {
	const out = /* @__PURE__ */ new Map();
	for (const piece of pieces([...new Set(sets)], 100)) for (const [set, members] of await membersOfSets(engine, db, piece)) out.set(set, new Set(members.filter((member) => wanted.has(member))));
	return out;
}
// src/collector/index/questions/who.ts
/** Who first brought in a module, each of its versions, or one; everywhere or in one repository. */
async function who(engine, db, { module, version, repository, owners, limit, after }) {
	const size = pageSize(limit);
	const cursor = readCursor(after, ["string", "string"]);
	const empty = {
		module,
		...version === void 0 ? {} : { version },
		versions: [],
		next: null
	};
	const number = await moduleNumber(db, cleanKey(module));
	if (number === void 0) return empty;
	const repos = repository === void 0 ? void 0 : await repositoriesAt(db, cleanKey(repository));
	if (repos?.length === 0) return empty;
	const some = repos !== void 0 || owners !== void 0;
	const where = [sql`m.module = ${number}`, sql`s.modver = m.id`];
	if (repos !== void 0) where.push(sql`s.repo in (${sql.join(repos)})`);
	const owned = ownedRepo(sql`s.repo`, owners);
	if (owned !== void 0) where.push(owned);
	if (version !== void 0) where.push(sql`m.version = ${cleanKey(version)}`);
	const matching = sql`from modver as m cross join ${some ? sql`repo_mod as s` : sql`first_seen as s`}
    where ${sql.join(where, sql` and `)}`;
	const later = cursor === void 0 ? sql`` : sql`and (m.version, m.h1) > (${cursor[0]}, ${cursor[1]})`;
	const all = some ? sql`(select m.id, m.version, m.h1, s.at, s.job, row_number() over (
        partition by m.id order by s.at, (select uid from job where id = s.job)) as place ${matching} ${later})` : sql`(select m.id, m.version, m.h1, s.at, s.job, 1 as place ${matching} ${later})`;
	const found = await sql`
    select version, h1, at, job from ${all} as firsts where place = 1
    order by version, h1 limit ${size + 1}`.execute(db);
	const first = !some && version === void 0 ? await db.selectFrom("first_module").select(["at", "job"]).where("module", "=", number).executeTakeFirst() : (await sql`select s.at as at, s.job as job ${matching}
            order by s.at, (select uid from job where id = s.job) limit 1`.execute(db)).rows[0];
	const { rows, next } = page(found.rows, size, (row) => [row.version, row.h1]);
	const tell = await sightings(engine, db, first === void 0 ? rows : [...rows, first]);
	return {
		...empty,
		...first === void 0 ? {} : { first: tell(first) },
		versions: rows.map((row) => ({
			version: row.version,
			h1: row.h1,
			first: tell(row)
		})),
		next
	};
}
// src/collector/index/retain.ts
/** Most batches that one step drops: a step holds up the writers. */
const BATCHES = 500;
/**
* One step of retention: drops the batches of the oldest jobs, with their denials and findings, and the jobs that no
* first sighting and no use names. `jobs` and `rawKeys` are what this step dropped; when both are empty all is done.
*/
async function retain(engine, { jobsBefore, limit }) {
	return await engine.writer.transaction().execute(async (tx) => {
		await engine.lock(tx, "alone");
		const old = await sql`
      select id, (select count(*) from batch as b where b.job = job.id) as batches from job
      where stripped <> 1 and last < ${Math.floor(jobsBefore)}
      order by last, id limit ${Math.max(1, Math.min(limit, 1e3))}`.execute(tx);
		const whole = [];
		const touched = [];
		let room = BATCHES;
		for (const job of old.rows) {
			if (room <= 0) break;
			touched.push(job.id);
			if (job.batches <= room) whole.push(job.id);
			room -= job.batches;
		}
		const { rows: batches } = await sql`
      select b.id, b.received, b.raw_key, b.mods from ${idRows(engine, touched)} as src
      cross join batch as b where b.job = src.id order by b.job, b.id limit ${BATCHES}`.execute(tx);
		const touch = batches.flatMap(({ id, received, mods }) => decodeTouched(mods).map((modver) => [
			eraOf(received),
			modver.id,
			received,
			id
		]));
		for (const piece of pieces(touch)) {
			const rows = engine.rows({
				era: "int",
				modver: "int",
				received: "int",
				batch: "int"
			}, piece);
			await sql`delete from touch where (era, modver, received, batch) in
        (select era, modver, received, batch from ${rows} as src)`.execute(tx);
		}
		const numbers = idRows(engine, batches.map((batch) => batch.id));
		await sql`delete from denial where batch in (select id from ${numbers} as src)`.execute(tx);
		await sql`delete from finding where batch in (select id from ${numbers} as src)`.execute(tx);
		await sql`delete from batch where id in (select id from ${numbers} as src)`.execute(tx);
		await sql`update job set stripped = 1 where id in (select id from ${idRows(engine, whole)} as src)`.execute(tx);
		await sql`delete from job where id in (select id from ${idRows(engine, whole)} as src) and cited = 0
      and not exists (select 1 from repo_head as h
        where h.repo = job.repo and h.name = job.name and h.job = job.id)`.execute(tx);
		return {
			jobs: whole.length,
			rawKeys: batches.map((batch) => batch.raw_key)
		};
	});
}
// src/collector/index/create-index.ts
/** How often a transaction that lost against another one is tried. */
const TRIES = 8;
/** The index over an engine, which it closes with itself. Rejects with IndexError. */
async function createIndex(opening) {
	const engine = await opening;
	const cache = new ApplyCache();
	const guarded = (doing, work) => guard(engine, doing, work);
	/** Questions of several statements see one state. */
	const ask = (doing, question) => guarded(doing, () => engine.reader.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(question));
	try {
		await guarded("bring the tables up to date", () => migrate(engine));
	} catch (error) {
		await engine.close();
		throw error;
	}
	return {
		apply: (batches) => guarded("take in batches", () => applyBatches(engine, cache, batches)),
		known: (digests) => ask("look for batches", (db) => knownDigests(engine, db, digests)),
		who: (question) => ask("answer who", (db) => who(engine, db, question)),
		used: (question) => ask("answer used", (db) => used(engine, db, question)),
		candidates: (question) => ask("find batches", (db) => candidates(engine, db, question)),
		conflicts: (question) => ask("answer conflicts", (db) => conflicts(engine, db, question)),
		jobs: (question) => ask("answer jobs", (db) => jobs(engine, db, question)),
		diff: (question) => ask("compare jobs", (db) => diff(engine, db, question)),
		repositories: (question) => ask("list repositories", (db) => repositories(db, question)),
		unexplained: (question) => ask("list commits", (db) => unexplained(db, question)),
		explain: (commit, change, again) => guarded("keep a change", () => explain(engine, commit, change, again ?? null)),
		retain: (question) => guarded("drop old jobs", () => retain(engine, question)),
		close: () => engine.close()
	};
}
/** Tries again what lost against another writer, and puts every failure in words. */
async function guard(engine, doing, work) {
	for (let tried = 1;; tried++) try {
		return await work();
	} catch (error) {
		if (error instanceof IndexError) throw error;
		if (engine.isTransient(error) && tried < TRIES) {
			await setTimeout(Math.random() * 20 * 2 ** tried);
			continue;
		}
		const why = error instanceof Error ? error.message : String(error);
		const away = engine.isAway(error) || engine.isTransient(error);
		throw new IndexError(away ? "unavailable" : "failed", `The index in ${engine.name} could not ${doing}: ${why}. Nothing was changed. ${away ? "It is tried again; check that the database runs, has room and takes connections." : "This is a defect of modgate or of the database: the raw batches are complete, and an emptied index is rebuilt from them."}`, { cause: error });
	}
}
export { createIndex, dropIndex, dropPostgres, importSqlite, lockDirectory, openPostgres, openSqlite };
