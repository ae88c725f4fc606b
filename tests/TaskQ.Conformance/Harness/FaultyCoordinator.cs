using TaskQ.Backend;
using TaskQ.Backend.Coordinate;

namespace TaskQ.Conformance.Harness;

/// <summary>Stands between one process and its companion store: fails before or after a call, by the call's name.</summary>
public sealed class FaultyCoordinator(IQueueCoordinator companion) : IQueueCoordinator
{
    /// <summary>Whether a call fails before it reaches the companion.</summary>
    public Func<string, bool>? FailBefore { get; set; }

    /// <summary>Whether a call fails after it has reached the companion.</summary>
    public Func<string, bool>? FailAfter { get; set; }

    /// <summary>What others do before a call reaches the companion.</summary>
    public Func<string, Task>? Meanwhile { get; set; }

    public ValueTask<NameHolder[]> TakeNamesAsync(IReadOnlyList<NameClaim> claims, TimeSpan patience, CancellationToken cancellationToken) =>
        CallAsync("TakeNames", () => companion.TakeNamesAsync(claims, patience, cancellationToken));

    public ValueTask SettleNamesAsync(IReadOnlyList<NameClaim> claims, bool isStored, CancellationToken cancellationToken) =>
        CallAsync(isStored ? "ConfirmNames" : "FreeNames", () => companion.SettleNamesAsync(claims, isStored, cancellationToken));

    public ValueTask<Replacing> BeginReplaceAsync(Guid holder, NameClaim claim, TimeSpan patience, TimeSpan retention, CancellationToken cancellationToken) =>
        CallAsync("BeginReplace", () => companion.BeginReplaceAsync(holder, claim, patience, retention, cancellationToken));

    public ValueTask<Replacing> EndReplaceAsync(Guid holder, NameClaim claim, bool isStored, TimeSpan retention, CancellationToken cancellationToken) =>
        CallAsync(isStored ? "ConfirmReplace" : "GiveUpReplace", () => companion.EndReplaceAsync(holder, claim, isStored, retention, cancellationToken));

    public ValueTask<Guid[]> FindStoreIdsAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        CallAsync("FindStoreIds", () => companion.FindStoreIdsAsync(ids, cancellationToken));

    public ValueTask<StartResult> StartAsync(Lease lease, IReadOnlyList<Guid> ids, CancellationToken cancellationToken) =>
        CallAsync(ids.Count == 0 ? "Look" : "Start", () => companion.StartAsync(lease, ids, cancellationToken));

    public ValueTask EndAsync(IReadOnlyList<EndedMessage> ended, CancellationToken cancellationToken) =>
        CallAsync("End", () => companion.EndAsync(ended, cancellationToken));

    public ValueTask<IReadOnlyList<Guid>> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken) =>
        CallAsync("Beat", () => companion.BeatAsync(leases, cancellationToken));

    public ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) =>
        CallAsync("Cancel", () => companion.CancelAsync(id, cancellationToken));

    public ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken) =>
        CallAsync("SetPaused", () => companion.SetPausedAsync(paused, cancellationToken));

    public ValueTask PurgeAsync(CancellationToken cancellationToken) => CallAsync("Purge", () => companion.PurgeAsync(cancellationToken));

    public ValueTask<bool> AddDeadAsync(Guid leaseId, DeadMessage message, CancellationToken cancellationToken) =>
        CallAsync("AddDead", () => companion.AddDeadAsync(leaseId, message, cancellationToken));

    public ValueTask<bool> DeleteDeadAsync(Guid id, DateTimeOffset? diedAt, CancellationToken cancellationToken) =>
        CallAsync("DeleteDead", () => companion.DeleteDeadAsync(id, diedAt, cancellationToken));

    public ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken) =>
        CallAsync("GetDead", () => companion.GetDeadAsync(id, cancellationToken));

    public ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken) =>
        CallAsync("PeekDead", () => companion.PeekDeadAsync(max, cancellationToken));

    public ValueTask<long> CountDeadAsync(CancellationToken cancellationToken) =>
        CallAsync("CountDead", () => companion.CountDeadAsync(cancellationToken));

    public ValueTask PurgeDeadAsync(CancellationToken cancellationToken) =>
        CallAsync("PurgeDead", () => companion.PurgeDeadAsync(cancellationToken));

    public ValueTask DisposeAsync() => companion.DisposeAsync();

    private async ValueTask<T> CallAsync<T>(string name, Func<ValueTask<T>> call)
    {
        ThrowIf(FailBefore, name, "refused");
        await (Meanwhile?.Invoke(name) ?? Task.CompletedTask);
        T result = await call();
        ThrowIf(FailAfter, name, "reply lost");
        return result;
    }

    private async ValueTask CallAsync(string name, Func<ValueTask> call)
    {
        ThrowIf(FailBefore, name, "refused");
        await (Meanwhile?.Invoke(name) ?? Task.CompletedTask);
        await call();
        ThrowIf(FailAfter, name, "reply lost");
    }

    private static void ThrowIf(Func<string, bool>? fails, string name, string how)
    {
        if (fails?.Invoke(name) == true)
        {
            throw new IOException($"{name}: {how}");
        }
    }
}
