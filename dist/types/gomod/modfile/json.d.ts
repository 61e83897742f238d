import type { GoMod, GoWork } from './types.js';
/** The output of `go mod edit -json` and `go work edit -json`, as it is after their sorting and clean-up. */
export interface ModuleVersionJson {
    Path: string;
    Version?: string;
}
export interface ReplaceJson {
    Old: ModuleVersionJson;
    New: ModuleVersionJson;
}
/** 1.26: a list without items is null. 1.27: it is left out, and more of a go.work is printed. */
export type JsonForm = '1.26' | '1.27';
type List<T> = T[] | null;
export interface GoModJson {
    Module: {
        Path: string;
        Deprecated?: string;
    };
    Go?: string;
    Toolchain?: string;
    GoDebug?: {
        Key: string;
        Value: string;
    }[];
    Require?: List<{
        Path: string;
        Version?: string;
        Indirect?: true;
    }>;
    Exclude?: List<ModuleVersionJson>;
    Replace?: List<ReplaceJson>;
    Retract?: List<{
        Low?: string;
        High?: string;
        Rationale?: string;
    }>;
    Tool?: List<{
        Path: string;
    }>;
    Ignore?: List<{
        Path: string;
    }>;
}
export interface GoWorkJson {
    Go?: string;
    /** From 1.27. */
    Toolchain?: string;
    /** From 1.27. */
    Godebug?: {
        Key: string;
        Value: string;
    }[];
    Use?: List<{
        DiskPath: string;
    }>;
    Replace?: List<ReplaceJson>;
}
export declare function goModJson(mod: GoMod, form: JsonForm): GoModJson;
export declare function goWorkJson(work: GoWork, form: JsonForm): GoWorkJson;
export {};
