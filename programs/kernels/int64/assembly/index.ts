// The int64 kernels, compiled by AssemblyScript into one module. Each file owns one kernel family.
export * from "./block";
export * from "./crc";
export * from "./format";
export * from "./memory";
export * from "./table";
export * from "./aggregate";
export * from "./group";
export { gather64, sortKeysWithIndex, sortPairs } from "./sort";
export * from "./scatter";
export * from "./select";
export { parseCsv } from "./text-csv";
export { parseNdjson } from "./text-ndjson";
export * from "./arithmetic";
