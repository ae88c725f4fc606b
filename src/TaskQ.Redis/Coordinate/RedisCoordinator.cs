using Polly;
using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Redis.Connect;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Store;

namespace TaskQ.Redis.Coordinate;

/// <summary>The companion of one queue in a Redis server. Its protocol is in protocol.md; each change of state is one script.</summary>
/// <remarks>
/// Dead letters are kept as the Redis backend keeps them, by which they are read and deleted. What fails in passing is tried again:
/// a script that is repeated does not do again what it has done.
/// </remarks>
internal sealed class RedisCoordinator : IQueueCoordinator, IStoreCheck
{
    /// <summary>How many elements one call handles at most.</summary>
    private const int CallSize = 100;

    private static readonly RedisValue None = "";

    private readonly RedisLink _link;
    private readonly QueueKeys _keys;
    private readonly RedisQueueBackend _dead;
    private readonly ResiliencePipeline _retries;
    private readonly QueueArguments _arguments;

    public RedisCoordinator(QueueOptions options, RedisOptions redis, RedisLink link)
    {
        _link = link;
        _keys = new QueueKeys(redis.KeyPrefix, options.Name, "k:");
        _dead = new RedisQueueBackend(options, redis, link, _keys);
        _retries = Retries.Create(redis.AddRetries);
        _arguments = new QueueArguments(options, redis);
    }

    public ValueTask CheckAsync(CancellationToken cancellationToken) => new(_link.CheckAsync(cancellationToken));

    public async ValueTask<NameHolder[]> TakeNamesAsync(
        IReadOnlyList<NameClaim> claims,
        TimeSpan patience,
        CancellationToken cancellationToken)
    {
        var holders = new NameHolder[claims.Count];
        NameClaim[] all = [.. claims];
        for (int start = 0; start < all.Length; start += CallSize)
        {
            int count = Math.Min(CallSize, all.Length - start);
            RedisResult reply = await RunAsync(
                CoordinatorScripts.Names,
                cancellationToken,
                "take",
                StoreTime.FromSpan(patience),
                ClaimBytes.Of(all.AsSpan(start, count))).ConfigureAwait(false);
            ClaimBytes.ReadHolders((byte[])reply!, holders.AsSpan(start, count));
        }

        return holders;
    }

    public async ValueTask SettleNamesAsync(IReadOnlyList<NameClaim> claims, bool isStored, CancellationToken cancellationToken)
    {
        NameClaim[] all = [.. claims];
        for (int start = 0; start < all.Length; start += CallSize)
        {
            byte[] part = ClaimBytes.Of(all.AsSpan(start, Math.Min(CallSize, all.Length - start)));
            await RunAsync(CoordinatorScripts.Names, cancellationToken, isStored ? "keep" : "free", None, part).ConfigureAwait(false);
        }
    }

    public async ValueTask<Replacing> BeginReplaceAsync(
        Guid holder, NameClaim claim, TimeSpan patience, TimeSpan retention, CancellationToken cancellationToken) =>
        await ReplaceAsync("begin", holder, claim, patience, retention, cancellationToken).ConfigureAwait(false);

    public async ValueTask<Replacing> EndReplaceAsync(
        Guid holder, NameClaim claim, bool isStored, TimeSpan retention, CancellationToken cancellationToken) =>
        await ReplaceAsync(isStored ? "keep" : "free", holder, claim, TimeSpan.Zero, retention, cancellationToken).ConfigureAwait(false);

    public async ValueTask<Guid[]> FindStoreIdsAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        var found = new List<Guid>(ids.Count);
        foreach (Guid[] part in ids.Chunk(CallSize))
        {
            RedisResult reply = await RunAsync(CoordinatorScripts.Places, cancellationToken, ClaimBytes.Of(part)).ConfigureAwait(false);
            found.AddRange(ClaimBytes.ReadIds((byte[])reply!));
        }

        return [.. found];
    }

    public async ValueTask<StartResult> StartAsync(Lease lease, IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        Guid[] all = [.. ids];
        var cancelled = new List<Guid>();
        var replaced = new List<Guid>();
        var places = new List<KeyValuePair<Guid, Guid>>();
        int granted = 0;
        int start = 0;
        while (true)
        {
            int count = Math.Min(CallSize, all.Length - start);
            RedisResult reply = await RunAsync(
                CoordinatorScripts.Start,
                cancellationToken,
                IdBytes.Of(lease.Id),
                StoreTime.FromSpan(lease.Duration),
                _arguments.WorkerLimit,
                _arguments.PermitInterval,
                _arguments.Burst,
                ClaimBytes.Of(all.AsSpan(start, count))).ConfigureAwait(false);
            var values = (RedisResult[])reply!;
            granted += (int)values[0];
            cancelled.AddRange(ClaimBytes.ReadIds((byte[])values[4]!));
            replaced.AddRange(ClaimBytes.ReadIds((byte[])values[5]!));
            places.AddRange(ClaimBytes.ReadPairs((byte[])values[6]!));
            start += count;

            // What follows the first one that may not start may not start either.
            if (start == all.Length || granted + cancelled.Count + replaced.Count < start)
            {
                long wait = (long)values[3];
                return new StartResult
                {
                    Granted = granted,
                    Free = (int)values[1],
                    Paused = (int)values[2] == 1,
                    RetryAfter = wait < 0 ? null : TimeSpan.FromMicroseconds(wait),
                    Cancelled = cancelled,
                    Replaced = replaced,
                    Places = places,
                };
            }
        }
    }

    public async ValueTask EndAsync(IReadOnlyList<EndedMessage> ended, CancellationToken cancellationToken)
    {
        EndedMessage[] all = [.. ended];
        for (int start = 0; start < all.Length; start += CallSize)
        {
            byte[] part = ClaimBytes.Of(all.AsSpan(start, Math.Min(CallSize, all.Length - start)));
            await RunAsync(CoordinatorScripts.End, cancellationToken, part).ConfigureAwait(false);
        }
    }

    public async ValueTask<IReadOnlyList<Guid>> BeatAsync(IReadOnlyList<Lease> leases, CancellationToken cancellationToken)
    {
        Lease[] all = [.. leases];
        var cancelled = new List<Guid>();
        for (int start = 0; start < all.Length; start += CallSize)
        {
            // Not repeated: two more beats follow before a lease runs out.
            RedisValue[] arguments = [_arguments.Clock(), ClaimBytes.Of(all.AsSpan(start, Math.Min(CallSize, all.Length - start)))];
            RedisResult reply = await _link.RunAsync(CoordinatorScripts.Beat, _keys.Script, arguments, cancellationToken)
                .ConfigureAwait(false);
            cancelled.AddRange(ClaimBytes.ReadIds((byte[])reply!));
        }

        return cancelled;
    }

    public async ValueTask<bool> CancelAsync(Guid id, CancellationToken cancellationToken) =>
        (int)await RunAsync(CoordinatorScripts.Operate, cancellationToken, "cancel", IdBytes.Of(id)).ConfigureAwait(false) == 1;

    public async ValueTask SetPausedAsync(bool paused, CancellationToken cancellationToken) =>
        await RunAsync(CoordinatorScripts.Operate, cancellationToken, paused ? "pause" : "resume", None).ConfigureAwait(false);

    public async ValueTask PurgeAsync(CancellationToken cancellationToken)
    {
        while ((int)await RunAsync(CoordinatorScripts.Operate, cancellationToken, "purge", None).ConfigureAwait(false) == 0)
        {
        }
    }

    public async ValueTask<bool> AddDeadAsync(Guid leaseId, DeadMessage message, CancellationToken cancellationToken)
    {
        var record = new NewMessage(message.Id, message.Body, "", DateTimeOffset.UnixEpoch, TimeSpan.Zero, null, null);
        RedisResult reply = await RunAsync(
            CoordinatorScripts.Bury,
            cancellationToken,
            _arguments.DeadRetention,
            _arguments.MaxDead,
            IdBytes.Of(leaseId),
            IdBytes.Of(message.Id),
            DeathRecord.Write(message.Death),
            MessageRecord.Write(record)).ConfigureAwait(false);
        return (int)reply == 1;
    }

    public ValueTask<bool> DeleteDeadAsync(Guid id, DateTimeOffset? diedAt, CancellationToken cancellationToken) =>
        _dead.DeleteDeadAsync(id, diedAt, cancellationToken);

    public ValueTask<DeadMessage?> GetDeadAsync(Guid id, CancellationToken cancellationToken) => _dead.GetDeadAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<DeadMessage>> PeekDeadAsync(int max, CancellationToken cancellationToken) =>
        _dead.PeekDeadAsync(max, cancellationToken);

    public async ValueTask<long> CountDeadAsync(CancellationToken cancellationToken) =>
        (await _dead.CountAsync(cancellationToken).ConfigureAwait(false)).Dead;

    public ValueTask PurgeDeadAsync(CancellationToken cancellationToken) => _dead.PurgeDeadAsync(cancellationToken);

    public ValueTask DisposeAsync() => _dead.DisposeAsync();

    private async ValueTask<Replacing> ReplaceAsync(
        string what, Guid holder, NameClaim claim, TimeSpan patience, TimeSpan retention, CancellationToken cancellationToken)
    {
        RedisResult reply = await RunAsync(
            CoordinatorScripts.Replace,
            cancellationToken,
            what,
            IdBytes.Of(holder),
            IdBytes.Of(claim.Id),
            ClaimBytes.Of(claim.Name.Key),
            StoreTime.FromSpan(claim.Name.Window),
            StoreTime.FromSpan(patience),
            StoreTime.FromSpan(retention)).ConfigureAwait(false);
        return (string?)reply switch
        {
            "open" => Replacing.Open,
            "done" => Replacing.Done,
            "late" => Replacing.Late,
            _ => Replacing.Again,
        };
    }

    private async Task<RedisResult> RunAsync(QueueScript script, CancellationToken cancellationToken, params RedisValue[] arguments) =>
        await _retries.ExecuteAsync(
            async token => await _link.RunAsync(script, _keys.Script, [_arguments.Clock(), .. arguments], token).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
}
