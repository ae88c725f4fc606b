using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskQ.Sql;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Hosting.Tests;

public sealed class SqlBuilderTests
{
    [Fact]
    public async Task UseSql_DataSourceInContainer_IsTakenAndLeftOpen()
    {
        await using var database = new SqliteDatabase();
        var ran = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using (IHost host = await TestHost.StartAsync(
            taskq =>
            {
                taskq.UseSql(SqlDialect.Sqlite);
                taskq.AddQueue("main").AddTask<int>("t", ran.SetResult);
                taskq.RunConsumers();
            },
            services => services.AddSingleton(database.DataSource)))
        {
            await host.Queue().AddAsync(host.Services.GetRequiredKeyedService<TaskDefinition<int>>("t").WithArgs(5));

            Assert.Equal(5, await TestHost.Within(ran.Task));
            await TestHost.Within(host.StopAsync());
        }

        await using DbConnection connection = await database.DataSource.OpenConnectionAsync(TestContext.Current.CancellationToken);
        Assert.Equal(System.Data.ConnectionState.Open, connection.State);
    }

    [Fact]
    public async Task UseSql_NoDataSource_SaysWhatToRegister()
    {
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq => taskq.UseSql(SqlDialect.Sqlite).AddQueue("main"));

        Assert.Contains("DbDataSource", await TestHost.StartErrorAsync(builder), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseSql_BadOptions_FailsWithThem()
    {
        await using var database = new SqliteDatabase();
        HostApplicationBuilder builder = TestHost.Builder();
        builder.Services.AddTaskQ(taskq => taskq.UseSql(database.DataSource, SqlDialect.Sqlite, options => options.TablePrefix = "a; DROP TABLE x").AddQueue("main"));

        Assert.Contains("TablePrefix is 'a; DROP TABLE x'", await TestHost.StartErrorAsync(builder), StringComparison.Ordinal);
    }
}
