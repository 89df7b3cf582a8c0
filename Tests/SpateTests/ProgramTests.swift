import Testing

/// The program as its users meet it: a process with arguments, files, signals and an exit code.
///
/// One after the other: each measures times on a machine that it wants for itself.
@Suite(.serialized) struct ProgramTests {}

/// The program as its users meet it, where no test asks how long anything took.
///
/// One after the other, since each starts processes of its own; all of them beside `ProgramTests`.
@Suite(.serialized) struct CommandTests {}
