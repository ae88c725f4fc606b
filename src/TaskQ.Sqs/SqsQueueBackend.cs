using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TaskQ.Backend;
using TaskQ.Sqs.Batch;
using TaskQ.Sqs.Body;
using TaskQ.Sqs.Client;
using TaskQ.Sqs.Queues;
using TaskQ.Sqs.Store;

namespace TaskQ.Sqs;

/// <summary>One queue in SQS.</summary>
/// <remarks>
/// Parts: Add (send), Exchange (fences and leases), Receive (poll, delays, suspects), Settle (delete, send again, hide), Beat
/// (extend), Dead (dead letters), Operate (pause, purge, count). SQS counts receives and nothing else: what a message had
/// behind it travels in an attribute, and a receive beyond the first means that its lease ran out.
/// </remarks>
internal sealed partial class SqsQueueBackend : IQueueBackend
{
    /// <summary>The bound of SQS for a message; the queue's own may be lower.</summary>
    private const int LargestMessage = 1 << 20;

    /// <summary>The bound for a batch that every SQS has.</summary>
    private const int SmallestBatchLimit = 256 << 10;

    /// <summary>What the attributes take at most.</summary>
    private const int AttributesSize = 512;

    /// <summary>How long SQS lets one receipt hide a message.</summary>
    private static readonly TimeSpan MaxHidden = TimeSpan.FromHours(12);

    /// <summary>How long SQS keeps a message at most (attribute MessageRetentionPeriod), from its last send on.</summary>
    private static readonly TimeSpan MaxRetention = TimeSpan.FromDays(14);

    private readonly string _name;
    private readonly SqsOptions _options;
    private readonly QueueOptions _queue;
    private readonly TimeProvider _time;
    private readonly ISqsClient _client;
    private readonly QueueFinder _finder;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Batcher<SqsOutgoingMessage> _sends;
    private readonly Batcher<string> _deletes;
    private readonly Batcher<SqsVisibilityChange> _changes;
    private Task<QueueInfo>? _found;
    private volatile bool _disposed;

    public SqsQueueBackend(QueueOptions options, SqsOptions sqs, ISqsClient client)
    {
        _ = QueueName.Of(sqs.QueueNamePrefix, options.Name, sqs.Fifo);
        Check(options.LeaseDuration <= MaxHidden, $"LeaseDuration is {options.LeaseDuration}: SQS hides a message for at most {MaxHidden}");
        Check(
            sqs.VisibilityTimeout is not { } visibility || visibility >= options.LeaseDuration,
            $"LeaseDuration is {options.LeaseDuration}: SqsOptions.VisibilityTimeout, which is {sqs.VisibilityTimeout}, must be at least that");
        _name = options.Name;
        _options = sqs;
        _queue = options;
        _time = options.TimeProvider;
        _client = client;
        _finder = new QueueFinder(client, sqs);
        _logger = (options.Services?.GetService(typeof(ILoggerFactory)) as ILoggerFactory)?.CreateLogger("TaskQ") ?? NullLogger.Instance;
        _sends = new Batcher<SqsOutgoingMessage>(SendBatchAsync, TimeSpan.Zero);
        _deletes = new Batcher<string>(DeleteBatchAsync, sqs.BatchWindow);
        _changes = new Batcher<SqsVisibilityChange>(ChangeBatchAsync, TimeSpan.Zero);
        _suspectTimer = _time.CreateTimer(
            static backend => _ = ((SqsQueueBackend)backend!).GiveBackSuspectAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Capabilities = new BackendCapabilities
        {
            System = "aws_sqs",
            MaxDelay = sqs.Fifo ? TimeSpan.Zero : TimeSpan.MaxValue,
            MaxAddBatch = 1000,
            MaxFetchBatch = 100,

            // Of three requests at the same time; one alone leaves the service idle between an answer and the next request.
            DefaultFetchBatch = sqs.Fifo ? Batcher<string>.MaxEntries : 3 * Batcher<string>.MaxEntries,
            MaxMessageSize = BodyText.CapacityOf(LargestMessage - AttributesSize),
            UncountedRelease = false,
            ExactCounts = false,
            Names = false,
            KnowsIds = sqs.Fifo,
            Limits = false,
            SettlesWithFetch = false,
            Lookup = false,
            Cancels = false,
            DeadLetters = sqs.Coordinator is null,
            DeadLookup = false,
            Redrives = true,
            Pauses = false,
            Retention = MaxRetention,
            Remedy = "Set SqsOptions.Coordinator, such as to a RedisQueueFactory, for names, limits over all processes and cancelling.",
        };

        void Check(bool valid, string error)
        {
            if (!valid)
            {
                throw new ArgumentException($"The options of queue '{options.Name}' are not valid. {error}.", nameof(options));
            }
        }
    }

    public BackendCapabilities Capabilities { get; }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _closing.CancelAsync().ConfigureAwait(false);
        await GiveBackSuspectAsync().ConfigureAwait(false);
        _suspectTimer.Dispose();
        _deletes.Dispose();
        _scan.Dispose();
        _closing.Dispose();
    }

    /// <summary>The queue, looked for once; a search that failed is repeated by the next call.</summary>
    private Task<QueueInfo> FindAsync()
    {
        lock (_lock)
        {
            if (_found is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _found = SearchAsync();
            }

            return _found;
        }

        async Task<QueueInfo> SearchAsync()
        {
            QueueInfo info = await _finder.FindAsync(_name, VisibilityOf(_queue.LeaseDuration), CancellationToken.None).ConfigureAwait(false);
            _sends.MaxBytes = Math.Max(info.MaxMessageSize, SmallestBatchLimit);
            return info;
        }
    }

    /// <summary>How long a message is hidden under a lease.</summary>
    private TimeSpan VisibilityOf(TimeSpan lease) => _options.VisibilityTimeout ?? Envelope.WholeSeconds(lease < MaxHidden ? lease : MaxHidden);

    /// <summary>The timestamp so long after another.</summary>
    private long After(long timestamp, TimeSpan time) => timestamp + (long)(time.TotalSeconds * _time.TimestampFrequency);

    private void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new ObjectDisposedException(_name, $"Queue '{_name}' is closed.");
        }
    }
}
