using TaskQ;

namespace ApiWorker.Tasks;

/// <summary>Calls of a geocoding service, which allows a few in a second. So they have a queue of their own, with a rate limit.</summary>
public sealed class GeocodingTasks(TaskQueue queue)
{
    /// <summary>The queue's name.</summary>
    public const string Queue = "geocoding";

    /// <summary>What the service allows.</summary>
    public static RateLimit Limit { get; } = RateLimit.PerSecond(5);

    /// <summary>Finds the place of an address.</summary>
    public TaskDefinition<string> Locate { get; } = queue.RegisterTask<string>("locate");
}
