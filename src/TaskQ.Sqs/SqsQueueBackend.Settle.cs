using System.Runtime.ExceptionServices;
using TaskQ.Backend;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Store;
using TaskQ.Sqs.Telemetry;

namespace TaskQ.Sqs;

/// <summary>
/// Settling. Done: deleted. Failed, or given back for later: sent again with what it has behind it now, then deleted; that
/// order favours a copy over a loss. Given back at once: shown again. A FIFO queue shows again whatever comes back, to keep
/// its order. Each only while this process holds the receipt, by its own clock: SQS does not tell a stale one for sure.
/// </summary>
internal sealed partial class SqsQueueBackend
{
    /// <returns>Why some could not be settled, null when all are settled or lost; those that are settled are so in a repeated call.</returns>
    private async Task<ExceptionDispatchInfo?> SettleAllAsync(IReadOnlyList<Settlement> finished, List<Delivery> lost)
    {
        var settling = new Task<bool>[finished.Count];
        for (int i = 0; i < settling.Length; i++)
        {
            settling[i] = SettleAsync(finished[i]);
        }

        ExceptionDispatchInfo? failure = null;
        for (int i = 0; i < settling.Length; i++)
        {
            try
            {
                if (!await settling[i].ConfigureAwait(false))
                {
                    lost.Add(finished[i].Delivery);
                }
            }
#pragma warning disable CA1031 // Each has its own result; the first failure is thrown after all have ended.
            catch (Exception error)
#pragma warning restore CA1031
            {
                failure ??= ExceptionDispatchInfo.Capture(error);
            }
        }

        return failure;
    }

    /// <returns>False when the lease is lost.</returns>
    private async Task<bool> SettleAsync(Settlement settlement)
    {
        var delivery = (SqsDelivery)settlement.Delivery;
        if (delivery.IsUnreported)
        {
            return true;
        }

        if (IsOver(delivery) || !delivery.TryBeginSettle())
        {
            return false;
        }

        bool isSettled = false;
        try
        {
            // A beat that is on its way would hide it again.
            if (delivery.Beat is { } beat)
            {
                await beat.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return isSettled = await CarryOutAsync(settlement, delivery).ConfigureAwait(false);
        }
        finally
        {
            delivery.EndSettle(isSettled);
        }
    }

    private async Task<bool> CarryOutAsync(Settlement settlement, SqsDelivery delivery)
    {
        Tries tries = delivery.Envelope.Tries with { Crashes = delivery.Crashes };
        switch (settlement.Kind)
        {
            case SettlementKind.Complete:
                return await DeleteAsync(delivery).ConfigureAwait(false);
            case SettlementKind.Dead:
                await SendDeadAsync(delivery, settlement.Death!).ConfigureAwait(false);
                return await DeleteCopyAsync(delivery).ConfigureAwait(false);
            case SettlementKind.Retry when !_options.Fifo:
                return await SendAgainAsync(delivery, tries with { Failures = tries.Failures + 1 }, settlement.Delay).ConfigureAwait(false);

            // A second one would look like a second crash: it is sent again. The first is shown again, which is one request less.
            case SettlementKind.Release when !_options.Fifo && (settlement.Delay > TimeSpan.Zero || tries.Crashes > 0):
                return await SendAgainAsync(delivery, tries, settlement.Delay).ConfigureAwait(false);
            default:
                return await ShowAsync(delivery, settlement.Delay).ConfigureAwait(false);
        }
    }

    private async Task<bool> SendAgainAsync(SqsDelivery delivery, Tries tries, TimeSpan delay)
    {
        SqsOutgoingMessage message = Outgoing(delivery.Envelope, tries, delay, deduplicationId: _options.Fifo ? Guid.NewGuid().ToString("N") : null);
        if (await _sends.AddAsync(message, Protocol.MessageSize.Of(message)).ConfigureAwait(false) is { } error)
        {
            throw Refused(error, delivery.Id);
        }

        return await DeleteCopyAsync(delivery).ConfigureAwait(false);
    }

    /// <summary>Deletes what stands elsewhere by now; it is settled even when that fails.</summary>
    private async Task<bool> DeleteCopyAsync(SqsDelivery delivery)
    {
        bool isDeleted = false;
        try
        {
            isDeleted = await DeleteAsync(delivery).ConfigureAwait(false);
        }
        finally
        {
            if (!isDeleted)
            {
                Log.CopyLeft(_logger, _name, delivery.Id);
            }
        }

        return true;
    }

    private Task<bool> DeleteAsync(SqsDelivery delivery) => UntilDoneAsync(delivery, () => _deletes.AddAsync(delivery.ReceiptHandle));

    private Task<bool> ShowAsync(SqsDelivery delivery, TimeSpan delay)
    {
        TimeSpan hidden = Envelope.WholeSeconds(delay);
        TimeSpan longest = MaxHidden - _time.GetElapsedTime(delivery.ReceivedAt) - TimeSpan.FromSeconds(1);
        longest = TimeSpan.FromSeconds(Math.Max(0, Math.Floor(longest.TotalSeconds)));
        var change = new SqsVisibilityChange(delivery.ReceiptHandle, hidden < longest ? hidden : longest);
        return UntilDoneAsync(delivery, () => _changes.AddAsync(change));
    }

    /// <summary>Repeats what the service fails to do with an entry, as long as its receipt holds.</summary>
    private async Task<bool> UntilDoneAsync(SqsDelivery delivery, Func<Task<SqsEntryError?>> action)
    {
        for (int tries = 1; ; tries++)
        {
            SqsEntryError? error = await action().ConfigureAwait(false);
            if (error is null)
            {
                return true;
            }

            if (error.IsSenderFault || IsOver(delivery))
            {
                Log.SettleRefused(_logger, _name, delivery.Id, error.Code, error.Message);
                return false;
            }

            await Task.Delay(Pause(tries), _time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<SqsEntryError?[]> DeleteBatchAsync(string[] handles) =>
        [.. await _client.DeleteBatchAsync((await FindAsync().ConfigureAwait(false)).Url, handles, CancellationToken.None).ConfigureAwait(false)];

    private async Task<SqsEntryError?[]> ChangeBatchAsync(SqsVisibilityChange[] changes) =>
        [.. await _client.ChangeVisibilityBatchAsync((await FindAsync().ConfigureAwait(false)).Url, changes, CancellationToken.None).ConfigureAwait(false)];
}
