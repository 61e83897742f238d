/** A place in a file. Go prints `line:column`; editors and forges count UTF-16 units. */
export interface Position {
    /** From 1. */
    readonly line: number;
    /** From 1, in code points; an invalid byte counts as one. */
    readonly column: number;
    /** From 1, in UTF-16 units. */
    readonly utf16: number;
    /** From 0, in bytes from the start of the file. */
    readonly byte: number;
}
/** From the first position to the one behind the last. */
export interface Span {
    readonly start: Position;
    readonly end: Position;
}
/** A value and where it is written. */
export interface Located<T = string> {
    readonly value: T;
    readonly span: Span;
}
/** What every directive has. */
export interface Directive {
    /** From its first token to its last; inside a block without the verb. */
    readonly span: Span;
    /** Comments that belong to it: above it, behind it, or its block's when it has none. Without the slashes. */
    readonly comments: readonly string[];
}
export interface ModuleDirective extends Directive {
    readonly path: Located;
    /** Text behind `Deprecated:`; empty when the module is not deprecated. */
    readonly deprecated: string;
}
/** `go`, `toolchain`, `tool`, `ignore`, `use`: one argument. */
export interface ValueDirective extends Directive {
    readonly value: Located;
}
export interface GodebugDirective extends Directive {
    readonly key: string;
    readonly value: string;
    readonly argument: Span;
}
export interface RequireDirective extends Directive {
    readonly path: Located;
    /** As go reads it: canonical. */
    readonly version: Located;
    readonly indirect: boolean;
}
export interface ExcludeDirective extends Directive {
    readonly path: Located;
    readonly version: Located;
}
export interface ReplaceDirective extends Directive {
    readonly oldPath: Located;
    readonly oldVersion: Located | undefined;
    readonly newPath: Located;
    /** Undefined for a directory. */
    readonly newVersion: Located | undefined;
}
export interface RetractDirective extends Directive {
    readonly low: Located;
    readonly high: Located;
    readonly rationale: string;
}
/** A statement that go refuses: its words, unquoted where that is possible, so that a rule can still name them. */
export interface RejectedLine {
    readonly verb: string;
    readonly words: readonly Located[];
    readonly span: Span;
}
/** One thing that go refuses, in its words. */
export interface GoModProblem {
    /** Go's text without the position. */
    readonly message: string;
    /** Where go puts it; the span covers the token that is meant. */
    readonly span: Span;
    /** Go prints the column only where it knows one. */
    readonly hasColumn: boolean;
}
/** A go.mod as go reads it, before any clean-up: nothing is left out, repeats are kept. */
export interface GoMod {
    readonly module: ModuleDirective | undefined;
    readonly go: ValueDirective | undefined;
    readonly toolchain: ValueDirective | undefined;
    readonly godebug: readonly GodebugDirective[];
    readonly require: readonly RequireDirective[];
    readonly exclude: readonly ExcludeDirective[];
    readonly replace: readonly ReplaceDirective[];
    readonly retract: readonly RetractDirective[];
    readonly tool: readonly ValueDirective[];
    readonly ignore: readonly ValueDirective[];
    readonly rejected: readonly RejectedLine[];
}
export interface GoWork {
    readonly go: ValueDirective | undefined;
    readonly toolchain: ValueDirective | undefined;
    readonly godebug: readonly GodebugDirective[];
    readonly use: readonly ValueDirective[];
    readonly replace: readonly ReplaceDirective[];
    readonly rejected: readonly RejectedLine[];
}
