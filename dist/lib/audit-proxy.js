import { WORLD, deliver } from "./audit-records.js";
// src/audit/batcher.ts
/** Records wait this long for others to go with, ms. */
const FLUSH_MS = 1e4;
/** After an answer that no further attempt changes (no right, no such place) the store is left alone so long, ms. */
const REST_MS = 6e4;
/**
* Sends the records of a running session: seals what the journal took in, at 500 requests, 256 KB or 10 s, and
* delivers it in the background. Nothing of it is in the way of an answer, and nothing that it does rejects: trouble
* is logged, and what could not be sent stays on the disk for whoever ends the session.
*/
var Batcher = class {
	#options;
	#world;
	#closing = new AbortController();
	#requests = 0;
	#bytes = 0;
	#timer;
	#sealing = Promise.resolve();
	#sending;
	/** Something was sealed since the delivery last looked. */
	#more = false;
	#restUntil = 0;
	#lastError;
	/** Settled with undefined when the store has the opening batch, else with why it has not. */
	#opened = Promise.withResolvers();
	/** Why the store did not take it, when that was told. */
	#refusal;
	constructor(options) {
		this.#options = options;
		this.#world = options.world ?? WORLD;
	}
	/**
	* Seals the opening batch and begins to send. Resolves when the batch is sealed; `acknowledged` tells what became
	* of it.
	*/
	async start(inventories = []) {
		const { outbox, journal } = this.#options;
		journal.onCommit = (group) => this.#took(group);
		await this.#seal(async () => {
			await outbox.sealOpen(inventories);
			await outbox.sealData(true);
		});
	}
	/**
	* Waits until the store has the opening batch. Resolves with undefined when it has, else with why not, in words: it
	* refused, or did not take it within `ms`. Asked again after a refusal, it has it tried again.
	*/
	async acknowledged(ms) {
		if (this.#refusal !== void 0) this.#tryAgain();
		const stop = new AbortController();
		const late = this.#world.sleep(ms, stop.signal).then(() => "late");
		const first = await Promise.race([this.#opened.promise, late]);
		stop.abort();
		if (first !== "late") return first;
		return this.#lastError ?? `${this.#options.target.name} did not answer within ${Math.round(ms / 1e3)} s`;
	}
	/** Seals everything that was answered so far. */
	async flush() {
		await this.#options.journal.flush();
		await this.#seal(() => this.#options.outbox.sealData(true));
	}
	/**
	* Gives up what is being sent and seals no more. Whoever ends the session goes on from the disk, where a batch that
	* was under way still is.
	*/
	async stop() {
		this.#options.journal.onCommit = void 0;
		clearTimeout(this.#timer);
		this.#closing.abort();
		await this.#sealing;
		await this.#sending;
	}
	#took({ requests, bytes }) {
		if (requests === 0) return;
		this.#requests += requests;
		this.#bytes += bytes;
		if (this.#requests >= 500 || this.#bytes >= 262144) this.#seal(() => this.#options.outbox.sealData(false));
		this.#timer ??= setTimeout(() => {
			this.#timer = void 0;
			this.#seal(() => this.#options.outbox.sealData(true));
		}, this.#options.flushMs ?? FLUSH_MS);
		this.#timer.unref();
	}
	async #seal(work) {
		this.#requests = 0;
		this.#bytes = 0;
		this.#sealing = this.#sealing.then(async () => {
			if (this.#closing.signal.aborted) return;
			try {
				await work();
			} catch (error) {
				this.#options.log(`audit: records wait in the journal: ${wordsOf(error)}`);
				if (this.#options.outbox.links.length === 0) this.#refuse(wordsOf(error));
			}
			this.#send();
		});
		await this.#sealing;
	}
	#send() {
		this.#more = true;
		this.#sending ??= this.#sendAll().finally(() => {
			this.#sending = void 0;
		});
	}
	async #sendAll() {
		const { target, outbox, log } = this.#options;
		const { signal } = this.#closing;
		while (this.#more && !signal.aborted && this.#world.now() >= this.#restUntil) {
			this.#more = false;
			try {
				const done = await deliver(target, outbox, {
					signal,
					world: this.#world,
					onRetry: (error) => this.#tell(error),
					onAck: () => this.#lookAtOpening()
				});
				this.#lookAtOpening();
				this.#sum(done);
			} catch (error) {
				log(`audit: ${wordsOf(error)}`);
			}
		}
	}
	#sum({ error, refusedLines }) {
		if (refusedLines > 0) this.#options.log(`audit: the store refused ${refusedLines} records; they are named under quarantine/`);
		if (error === void 0 || this.#closing.signal.aborted) return;
		this.#restUntil = this.#world.now() + (this.#options.restMs ?? REST_MS);
		this.#tell(error);
		this.#refuse(error.message);
	}
	#refuse(why) {
		this.#refusal = why;
		this.#opened.resolve(why);
	}
	#tryAgain() {
		const [first] = this.#options.outbox.links;
		if (first?.state === "sent" || first?.kept !== void 0) return;
		this.#refusal = void 0;
		this.#opened = Promise.withResolvers();
		this.#restUntil = 0;
		if (first === void 0) this.#seal(() => this.#options.outbox.sealOpen());
		else this.#send();
	}
	#lookAtOpening() {
		const [first] = this.#options.outbox.links;
		if (first?.state === "sent") this.#opened.resolve(void 0);
		else if (first?.kept !== void 0) this.#refuse(first.kept);
	}
	/** A store that is away says the same every few seconds. */
	#tell(error) {
		if (error.message !== this.#lastError) this.#options.log(`audit: ${error.message}`);
		this.#lastError = error.message;
	}
};
function wordsOf(error) {
	return error instanceof Error ? error.message : String(error);
}
export { Batcher };
