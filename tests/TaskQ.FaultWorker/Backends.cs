using Amazon.Runtime;
using Microsoft.Data.Sqlite;
using Npgsql;
using TaskQ.Redis;
using TaskQ.Sql;
using TaskQ.Sql.Tests.Databases;
using TaskQ.Sqs;

namespace TaskQ.FaultWorker;

/// <summary>Opens the store that a worker works on. A backend's fault tests add theirs here.</summary>
internal static class Backends
{
    public static QueueFactory Open(WorkerOptions options) => options.Backend switch
    {
        "redis" => new RedisQueueFactory(options.Connection),
        "sqs" => new SqsQueueFactory(Sqs(new Uri(options.Connection))),
        "postgres" => new SqlQueueFactory(NpgsqlDataSource.Create(options.Connection), SqlDialect.PostgreSql),
        "mysql" => new SqlQueueFactory(new MySqlDataSource(options.Connection), SqlDialect.MySql),
        "sqlite" => Sqlite(options.Connection),
        _ => throw new ArgumentException($"Unknown backend '{options.Backend}'."),
    };

    private static SqlQueueFactory Sqlite(string file)
    {
        SystemSqlite.Use();
        return new SqlQueueFactory(SqliteFactory.Instance.CreateDataSource($"Data Source={file};Pooling=False"), SqlDialect.Sqlite);
    }

    // The servers of the tests take any credentials; one of the user's own has its own.
    private static SqsOptions Sqs(Uri endpoint) => string.IsNullOrEmpty(Environment.GetEnvironmentVariable("TASKQ_TEST_SQS"))
        ? new SqsOptions { Endpoint = endpoint, Region = "us-east-1", Credentials = new BasicAWSCredentials("test", "test") }
        : new SqsOptions { Endpoint = endpoint };
}
