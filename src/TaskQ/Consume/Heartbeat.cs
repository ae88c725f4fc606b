using Microsoft.Extensions.Logging;
using TaskQ.Backend;
using TaskQ.Dispatch;
using TaskQ.Telemetry;

namespace TaskQ.Consume;

/// <summary>Keeps the leases of everything that is reserved here, and hears what is lost or cancelled.</summary>
internal sealed class Heartbeat(TaskQueue queue, LeaseTable leases, ILogger logger)
{
    /// <summary>Three beats to a lease: two may fail before it runs out.</summary>
    public static TimeSpan IntervalOf(QueueOptions options) => options.LeaseDuration / 3;

    /// <summary>Sends one beat, without waiting for its answer.</summary>
    /// <remarks>
    /// One that is not answered does not keep the next from going out: its connection may be dead, or the thread pool
    /// too busy to bring the answer, and leases run out meanwhile. It is given up after as long as a lease lasts.
    /// </remarks>
    public void Beat()
    {
        Lease[] held = leases.Snapshot();
        if (held.Length > 0)
        {
            _ = BeatAsync(held);
        }
    }

    private async Task BeatAsync(Lease[] held)
    {
        try
        {
            using var patience = new CancellationTokenSource(queue.Options.LeaseDuration, queue.Options.TimeProvider);
            BeatResult result = await queue.Backend.BeatAsync(held, patience.Token).ConfigureAwait(false);
            Cancel(result.Lost, CancelReason.LeaseLost);
            Cancel(result.Cancelled, CancelReason.Operator);
        }
#pragma warning disable CA1031 // Whatever the store's client throws, the next beat must go out.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log.BeatFailed(logger, error, queue.Name);
        }
    }

    private void Cancel(IReadOnlyList<Delivery> deliveries, CancelReason reason)
    {
        for (int i = 0; i < deliveries.Count; i++)
        {
            Delivery delivery = deliveries[i];
            if (!delivery.IsSettled)
            {
                if (reason == CancelReason.LeaseLost)
                {
                    Log.LeaseLost(logger, delivery.Id);
                }

                delivery.Track().Cancel(reason);
            }
        }
    }
}
