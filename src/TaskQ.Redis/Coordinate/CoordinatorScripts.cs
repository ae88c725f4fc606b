using TaskQ.Redis.Scripts;

namespace TaskQ.Redis.Coordinate;

/// <summary>The scripts of the companion store. Their heads document keys, arguments and returns.</summary>
internal static class CoordinatorScripts
{
    public static QueueScript Names { get; } = QueueScript.Load("coordinate", "coordinate-names");

    public static QueueScript Start { get; } = QueueScript.Load("rate", "coordinate", "coordinate-start");

    public static QueueScript Replace { get; } = QueueScript.Load("coordinate", "coordinate-replace");

    public static QueueScript Places { get; } = QueueScript.Load("coordinate", "coordinate-places");

    public static QueueScript End { get; } = QueueScript.Load("coordinate", "coordinate-end");

    // Leases must be extended while a starved thread pool keeps replies from being read.
    public static QueueScript Beat { get; } = QueueScript.Load("coordinate", "coordinate-beat").AsWhole();

    public static QueueScript Operate { get; } = QueueScript.Load("coordinate", "coordinate-operate");

    public static QueueScript Bury { get; } = QueueScript.Load("shared", "coordinate", "coordinate-bury");
}
