using Microsoft.Extensions.Logging;

namespace ApiWorker.Worker;

/// <summary>Writes the sales reports.</summary>
public sealed class Reports(ILogger<Reports> log)
{
    /// <summary>Writes that of a shop.</summary>
    public void Write(string shop) => Log.Written(log, shop);
}
