using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using TaskQ.Backend;
using TaskQ.Backend.Coordinate;
using TaskQ.Redis.Connect;
using TaskQ.Redis.Coordinate;

namespace TaskQ.Redis;

/// <summary>Queues in a Redis server of version 6.2 or newer, which several processes share; or the companion of queues elsewhere.</summary>
public sealed class RedisQueueFactory : QueueFactory, IQueueCoordinatorFactory
{
    private const string ChannelPrefix = "channelPrefix=";

    private readonly RedisOptions _options;
    private readonly RedisLink _link;

    /// <summary>Creates a factory with a connection of its own, which is opened when it is first needed.</summary>
    /// <param name="configuration">
    /// The configuration of StackExchange.Redis, such as <c>localhost:6379,password=...</c>; its <c>channelPrefix</c> is left out.
    /// </param>
    /// <param name="options">The options; they are copied. The default is null: all defaults.</param>
    /// <exception cref="ArgumentException">The configuration names no server or can't be read, or options are not valid.</exception>
    public RedisQueueFactory(string configuration, RedisOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(configuration);
        _options = Accept(options);
        var parsed = ConfigurationOptions.Parse(configuration);
        if (parsed.EndPoints.Count == 0)
        {
            throw new ArgumentException("The configuration names no server; it must be like 'localhost:6379'.", nameof(configuration));
        }

        // The server's scripts publish the wake-ups, and know of no prefix.
        parsed.ChannelPrefix = default;

        // One that is down at the start is waited for like one that goes down later.
        parsed.AbortOnConnectFail = false;
        _link = new RedisLink(parsed, _options);
    }

    /// <summary>Creates a factory over a connection, which is left open when the factory is closed.</summary>
    /// <param name="connection">The connection, without a <c>channelPrefix</c>.</param>
    /// <param name="options">The options; they are copied. The default is null: all defaults.</param>
    /// <exception cref="ArgumentException">The connection has a <c>channelPrefix</c>, or options are not valid; the message lists all of them.</exception>
    public RedisQueueFactory(IConnectionMultiplexer connection, RedisOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (ChannelPrefixOf(connection.Configuration) is { Length: > 0 } prefix)
        {
            throw new ArgumentException(
                $"The connection has the channelPrefix '{prefix}', under which it would never hear the wake-ups that the server's "
                + "scripts publish. Give TaskQ a connection without one, or a configuration.",
                nameof(connection));
        }

        _options = Accept(options);
        _link = new RedisLink(connection, _options);
    }

    /// <summary>How many calls have not been answered yet.</summary>
    internal int PendingCalls => _link.PendingCalls;

    /// <inheritdoc/>
    public IQueueCoordinator CreateCoordinator(QueueOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        LogTo(options);
        return new RedisCoordinator(options, _options, _link);
    }

    /// <inheritdoc/>
    protected override IQueueBackend CreateBackend(QueueOptions options)
    {
        LogTo(options);
        return new RedisQueueBackend(options, _options, _link);
    }

    /// <inheritdoc/>
    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore().ConfigureAwait(false);
        await _link.DisposeAsync().ConfigureAwait(false);
    }

    private static string? ChannelPrefixOf(string? configuration) => configuration?
        .Split(',', StringSplitOptions.TrimEntries)
        .FirstOrDefault(static part => part.StartsWith(ChannelPrefix, StringComparison.OrdinalIgnoreCase))?[ChannelPrefix.Length..];

    private void LogTo(QueueOptions options)
    {
        if (options.Services?.GetService(typeof(ILoggerFactory)) is ILoggerFactory loggers)
        {
            _link.LogTo(loggers.CreateLogger("TaskQ"));
        }
    }

    private static RedisOptions Accept(RedisOptions? options)
    {
        RedisOptions copy = options?.Copy() ?? new RedisOptions();
        copy.Validate();
        return copy;
    }
}
