namespace TaskQ.Redis.Tests.Faults.Workers;

/// <summary>
/// One line of a worker's record: S a run started, E it ended, C it was cancelled; L a lease was lost, T the process was
/// told to stop, X it has stopped, P it has counted.
/// </summary>
internal readonly record struct RunEvent(char Kind, int Message, int Attempt, long Time, int Process);
