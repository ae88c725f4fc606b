using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Sqs.Client;

namespace TaskQ.Sqs;

/// <summary>Queues in Amazon SQS, which several processes share.</summary>
public sealed class SqsQueueFactory : QueueFactory
{
    private readonly SqsOptions _options;
    private readonly ISqsClient _client;
    private readonly bool _ownsClient;

    /// <summary>Creates a factory with a client of its own, which finds credentials and region when it is first needed.</summary>
    /// <param name="options">The options; they are copied.</param>
    /// <exception cref="ArgumentException">Options are not valid; the message lists all of them.</exception>
    public SqsQueueFactory(SqsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = Accept(options);
        _client = new AwsSqsClient(_options);
        _ownsClient = true;
    }

    /// <summary>Creates a factory over a client, which is left open when the factory is closed.</summary>
    /// <param name="client">The client, such as an adapter of an <c>IAmazonSQS</c>.</param>
    /// <param name="options">The options; they are copied, and what says how to reach the service is not used. The default is null: all defaults.</param>
    /// <exception cref="ArgumentException">Options are not valid; the message lists all of them.</exception>
    public SqsQueueFactory(ISqsClient client, SqsOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _options = Accept(options ?? new SqsOptions());
        _client = client;
    }

    /// <inheritdoc/>
    protected override IQueueCoordinatorFactory? Coordinator => _options.Coordinator;

    /// <inheritdoc/>
    protected override IQueueBackend CreateBackend(QueueOptions options) => new SqsQueueBackend(options, _options, _client);

    /// <inheritdoc/>
    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore().ConfigureAwait(false);
        if (_ownsClient)
        {
            _client.Dispose();
        }
    }

    private static SqsOptions Accept(SqsOptions options)
    {
        SqsOptions copy = options.Copy();
        copy.Validate();
        return copy;
    }
}
