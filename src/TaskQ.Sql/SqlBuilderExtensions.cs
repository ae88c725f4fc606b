using System.Data.Common;
using TaskQ.Sql;

namespace TaskQ;

/// <summary>Queues in a database.</summary>
public static class SqlBuilderExtensions
{
    private const string Backend = "SQL";

    /// <summary>Keeps queues in the database of the host's <see cref="DbDataSource"/>, which is left open: on a host's builder those that are added after it, on a queue's builder that one.</summary>
    /// <typeparam name="TBuilder">The builder's type.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="dialect">The kind of database.</param>
    /// <param name="configure">Sets options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    public static TBuilder UseSql<TBuilder>(this TBuilder builder, SqlDialect dialect, Action<SqlOptions>? configure = null)
        where TBuilder : TaskQBuilder =>
        builder.UseSql(
            static services => services.GetService(typeof(DbDataSource)) as DbDataSource
                ?? throw new InvalidOperationException(
                    "UseSql without a data source takes the DbDataSource of the host's services, which have none. "
                    + "Register one, or pass one: UseSql(dataSource, SqlDialect.PostgreSql)."),
            dialect,
            configure);

    /// <summary>Keeps queues in a database, which is left open: on a host's builder those that are added after it, on a queue's builder that one.</summary>
    /// <typeparam name="TBuilder">The builder's type.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="dataSource">Opens connections.</param>
    /// <param name="dialect">The kind of database.</param>
    /// <param name="configure">Sets options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    public static TBuilder UseSql<TBuilder>(this TBuilder builder, DbDataSource dataSource, SqlDialect dialect, Action<SqlOptions>? configure = null)
        where TBuilder : TaskQBuilder
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        return builder.UseSql(_ => dataSource, dialect, configure);
    }

    /// <summary>Keeps queues in a database, which is left open: on a host's builder those that are added after it, on a queue's builder that one.</summary>
    /// <typeparam name="TBuilder">The builder's type.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="dataSource">Finds what opens connections, such as one with a key.</param>
    /// <param name="dialect">The kind of database.</param>
    /// <param name="configure">Sets options. The default is null: all defaults.</param>
    /// <returns>The same builder.</returns>
    public static TBuilder UseSql<TBuilder>(
        this TBuilder builder, Func<IServiceProvider, DbDataSource> dataSource, SqlDialect dialect, Action<SqlOptions>? configure = null)
        where TBuilder : TaskQBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(dataSource);
        ArgumentNullException.ThrowIfNull(dialect);
        builder.UseBackend(Backend, services =>
        {
            var options = new SqlOptions();
            configure?.Invoke(options);
            return new SqlQueueFactory(dataSource(services), dialect, options);
        });
        return builder;
    }
}
