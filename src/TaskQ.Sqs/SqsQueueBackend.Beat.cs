using TaskQ.Backend;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Queues;
using TaskQ.Sqs.Store;

namespace TaskQ.Sqs;

/// <summary>Beats: what runs stays hidden for another lease, up to the 12 hours that SQS allows from the receipt on.</summary>
internal sealed partial class SqsQueueBackend
{
    private const int BeatSize = 10;

    /// <summary>How many requests of one beat are on their way at a time.</summary>
    private const int BeatCalls = 8;

    public async ValueTask<BeatResult> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        List<Delivery> lost = [];
        var held = new List<(SqsDelivery Delivery, TimeSpan Lease)>();
        foreach (Lease lease in leases)
        {
            foreach (Delivery delivery in lease.Deliveries)
            {
                if (delivery is not SqsDelivery { IsHeld: true } own)
                {
                    continue;
                }

                if (IsOver(own))
                {
                    lost.Add(own);
                }
                else
                {
                    held.Add((own, lease.Duration));
                }
            }
        }

        if (held.Count > 0)
        {
            QueueInfo info = await FindAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            foreach (var round in held.Chunk(BeatSize * BeatCalls))
            {
                foreach (List<Delivery> gone in await Task.WhenAll(round.Chunk(BeatSize).Select(part => ExtendAsync(info, part, cancellationToken))).ConfigureAwait(false))
                {
                    lost.AddRange(gone);
                }
            }
        }

        return lost.Count == 0 ? BeatResult.AllHeld : new BeatResult { Lost = lost };
    }

    private async Task<List<Delivery>> ExtendAsync(QueueInfo info, (SqsDelivery Delivery, TimeSpan Lease)[] part, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long now = _time.GetTimestamp();
        var changes = new SqsVisibilityChange[part.Length];
        for (int i = 0; i < part.Length; i++)
        {
            SqsDelivery delivery = part[i].Delivery;
            delivery.Beat = done.Task;
            changes[i] = new SqsVisibilityChange(delivery.ReceiptHandle, HiddenFrom(now, delivery, part[i].Lease));
        }

        try
        {
            var lost = new List<Delivery>();
            IReadOnlyList<SqsEntryError?> errors = await _client.ChangeVisibilityBatchAsync(info.Url, changes, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < part.Length; i++)
            {
                if (errors[i] is null)
                {
                    part[i].Delivery.Deadline = After(now, changes[i].Timeout);
                }
                else if (errors[i]!.IsSenderFault && part[i].Delivery.IsHeld)
                {
                    part[i].Delivery.Deadline = now;
                    lost.Add(part[i].Delivery);
                }
            }

            return lost;
        }
        finally
        {
            foreach ((SqsDelivery delivery, _) in part)
            {
                delivery.Beat = null;
            }

            done.SetResult();
        }
    }

    /// <summary>For how long from now a delivery can be hidden.</summary>
    private TimeSpan HiddenFrom(long now, SqsDelivery delivery, TimeSpan lease)
    {
        // A second less: the service's count began while its answer was on its way.
        TimeSpan left = MaxHidden - _time.GetElapsedTime(delivery.ReceivedAt, now) - TimeSpan.FromSeconds(1);
        TimeSpan wanted = VisibilityOf(lease);
        return wanted <= left ? wanted : TimeSpan.FromSeconds(Math.Max(0, Math.Floor(left.TotalSeconds)));
    }
}
