using Microsoft.Extensions.Logging;

namespace ApiWorker.Worker;

/// <summary>Calls a service on the network that allows a few calls in a second. The queue's rate limit sees to that.</summary>
public sealed class GeocodingClient(ILogger<GeocodingClient> log, TimeProvider? time = null)
{
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(30);

    /// <summary>Finds the place of an address.</summary>
    public async Task LocateAsync(string address, CancellationToken cancellationToken)
    {
        await Task.Delay(Work, time ?? TimeProvider.System, cancellationToken);
        Log.Found(log, address);
    }
}
