using StackExchange.Redis;
using TaskQ.Redis;

namespace TaskQ;

/// <summary>Queues in Redis.</summary>
public static class RedisBuilderExtensions
{
    private const string Backend = "Redis";

    /// <summary>Keeps queues in Redis, over a connection of their own: on a host's builder those that are added after it, on a queue's builder that one.</summary>
    /// <typeparam name="TBuilder">The builder's type.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="configuration">The configuration of StackExchange.Redis, such as <c>localhost:6379,password=...</c></param>
    /// <param name="configure">Sets options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The configuration is empty.</exception>
    public static TBuilder UseRedis<TBuilder>(this TBuilder builder, string configuration, Action<RedisOptions>? configure = null)
        where TBuilder : TaskQBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(configuration);
        builder.UseBackend(Backend, _ => new RedisQueueFactory(configuration, Options(configure)));
        return builder;
    }

    /// <summary>Keeps queues in Redis, over the <see cref="IConnectionMultiplexer"/> of the host's services, which is left open: on a host's builder those that are added after it, on a queue's builder that one.</summary>
    /// <typeparam name="TBuilder">The builder's type.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="configure">Sets options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    public static TBuilder UseRedis<TBuilder>(this TBuilder builder, Action<RedisOptions>? configure = null)
        where TBuilder : TaskQBuilder =>
        builder.UseRedis(
            services => services.GetService(typeof(IConnectionMultiplexer)) as IConnectionMultiplexer
                ?? throw new InvalidOperationException(
                    "UseRedis without a configuration takes the IConnectionMultiplexer of the host's services, which have none. "
                    + "Register one, or name a server: UseRedis(\"localhost:6379\")."),
            configure);

    /// <summary>Keeps queues in Redis, over a connection that is left open: on a host's builder those that are added after it, on a queue's builder that one.</summary>
    /// <typeparam name="TBuilder">The builder's type.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="connection">Finds the connection, such as one with a key.</param>
    /// <param name="configure">Sets options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    public static TBuilder UseRedis<TBuilder>(
        this TBuilder builder, Func<IServiceProvider, IConnectionMultiplexer> connection, Action<RedisOptions>? configure = null)
        where TBuilder : TaskQBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(connection);
        builder.UseBackend(Backend, services => new RedisQueueFactory(connection(services), Options(configure)));
        return builder;
    }

    private static RedisOptions Options(Action<RedisOptions>? configure)
    {
        var options = new RedisOptions();
        configure?.Invoke(options);
        return options;
    }
}
