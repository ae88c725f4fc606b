using Polly;
using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Backend.Coalesce;
using TaskQ.Backend.Wait;
using TaskQ.Redis.Add;
using TaskQ.Redis.Connect;
using TaskQ.Redis.Scripts;
using TaskQ.Redis.Store;
using TaskQ.Redis.Wait;

namespace TaskQ.Redis;

/// <summary>One queue in a Redis server. The protocol is in protocol.md; each change of state is one script.</summary>
/// <remarks>Parts: Add (store), Exchange (settle, reserve, wait), Beat (leases), Find (get, list), Operate (cancel, purge, ...), Dead (dead letters).</remarks>
internal sealed partial class RedisQueueBackend : IQueueBackend, IStoreCheck
{
    /// <summary>How many elements one call handles at most, so that it holds the server for no more than about 2 ms.</summary>
    private const int CallSize = 500;

    /// <summary>How many bytes of records one add carries, unless a single one is larger.</summary>
    private const int CallBytes = 1 << 19;

    /// <summary>How often an exchange is sent again; beyond it, the core waits and asks anew.</summary>
    private const int ExchangeRetries = 3;

    private static readonly TimeSpan FirstPoll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(5);

    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly RedisLink _link;
    private readonly QueueKeys _keys;
    private readonly WaitRoom _waits;
    private readonly WakeChannel _wakeUps;
    private readonly AddCoalescer<AddLane> _adds;
    private readonly ResiliencePipeline _exchangeRetries;
    private readonly QueueArguments _arguments;
    private volatile bool _disposed;

    public RedisQueueBackend(QueueOptions options, RedisOptions redis, RedisLink link, QueueKeys? keys = null)
    {
        _name = options.Name;
        _time = options.TimeProvider;
        _link = link;
        _keys = keys ?? new QueueKeys(redis.KeyPrefix, options.Name);
        _waits = new WaitRoom(_time, FirstPoll, LongestPoll);
        _wakeUps = new WakeChannel(_waits, link, _keys.Wake);
        _adds = new AddCoalescer<AddLane>(
            [new AddLane(), new AddLane()],
            (messages, lane) => StoreAsync(messages, lane, CancellationToken.None),
            new AddBatchLimits(CallSize, CallBytes, static message => AddArguments.WeightOf(message), redis.CallTimeout),
            static error => error is RedisUnavailableException);
        _addRetries = Retries.Create(redis.AddRetries);
        _exchangeRetries = Retries.Create(ExchangeRetries);
        _arguments = new QueueArguments(options, redis);
    }

    public BackendCapabilities Capabilities { get; } = new()
    {
        System = "redis",
        MaxAddBatch = CallSize,
        MaxFetchBatch = CallSize,
        DefaultFetchBatch = 100,

        // A bulk string's limit: https://redis.io/docs/latest/develop/reference/protocol-spec/#bulk-strings
        MaxMessageSize = 256 << 20,
    };

    public ValueTask CheckAsync(CancellationToken cancellationToken) => new(_link.CheckAsync(cancellationToken));

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _waits.DisposeAsync().ConfigureAwait(false);
        await _wakeUps.DisposeAsync().ConfigureAwait(false);
    }

    private Task<RedisResult> RunAsync(QueueScript script, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        arguments[0] = _arguments.Clock();
        return _link.RunAsync(script, _keys.Script, arguments, cancellationToken);
    }

    private void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new ObjectDisposedException(_name, $"Queue '{_name}' is closed.");
        }
    }
}
