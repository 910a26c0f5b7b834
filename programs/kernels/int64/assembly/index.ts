// The int64 kernels, compiled by AssemblyScript into one module. Each file owns one kernel family.
export * from "./memory";
export * from "./table";
export * from "./aggregate";
export * from "./group";
