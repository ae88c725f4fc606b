using TaskQ.Backend;

namespace TaskQ.Dispatch;

/// <summary>How a run ended, and what is to become of its message.</summary>
internal readonly record struct RunResult(RunStatus Status, Settlement Settlement);
