using System.Globalization;
using TaskQ.Backend;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Faults;

/// <summary>Transactions that want the same rows.</summary>
[Collection(RealTimeCollection.Name)]
public sealed class LockFaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("postgres")]
    [InlineData("mysql")]
    [Trait("Fault", "Q5")]
    public async Task Settling_RacesWithTakingBack_FinishedOnesStayFinished(string backend)
    {
        const int Rounds = 200, Batch = 5;
        await using var test = await Twins.OpenAsync(backend);
        int finished = 0, takenBack = 0;
        for (var round = 0; round < Rounds; round++)
        {
            await test.AddAsync(Batch);
            var deliveries = await test.FetchAsync(test.First, Batch);
            Assert.Equal(Batch, deliveries.Count);
            await Probe.ExecuteAsync(test.Database.DataSource, "UPDATE taskq_leases SET until = 1");

            var settling = Task.Run(() => Twins.SettleAsync(test.First, deliveries), Token);
            var reaping = Task.Run(() => test.Second.CountAsync(Token).AsTask(), Token);
            var lost = (await settling).Lost.Select(delivery => delivery.Id).ToHashSet();
            await reaping;

            var left = (await test.Second.ListAsync(new MessageFilter(), 100, Token)).Select(message => message.Id).ToHashSet();
            Assert.Equal(lost.Order(), left.Order());
            finished += Batch - lost.Count;
            takenBack += lost.Count;
            await Twins.SettleAsync(test.Second, await test.FetchAsync(test.Second, Batch));
            await Twins.SettleAsync(test.Second, await test.FetchAsync(test.Second, Batch, suspect: true));
        }

        Figures.Print($"{backend}: {Rounds * Batch} races: {finished} finished, {takenBack} taken back, 0 both");
        Assert.Equal(default, await test.Second.CountAsync(Token));
    }

    [Theory]
    [InlineData("postgres", "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")]
    [InlineData("mysql", "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'Innodb_deadlocks'")]
    [Trait("Fault", "Q8")]
    public async Task SettlingAndNaming_InOppositeOrders_NoDeadlockSurfaces(string backend, string deadlocksText)
    {
        const int Rounds = 150, Batch = 50;
        await using var test = await Twins.OpenAsync(backend);
        for (var round = 0; round < Rounds; round++)
        {
            await test.AddAsync(Batch, named: true);
            var deliveries = await test.FetchAsync(test.First, Batch);
            Assert.Equal(Batch, deliveries.Count);
            await test.AddAsync(Batch);

            var settled = await Task.WhenAll(
                Task.Run(() => Twins.SettleAsync(test.First, deliveries), Token),
                Task.Run(() => Twins.SettleAsync(test.Second, [.. deliveries.Reverse()]), Token),
                Task.Run(() => NameAsync(test.Producer, test.Names(Batch)), Token),
                Task.Run(() => NameAsync(test.OtherProducer, test.Names(Batch, other: true).Reverse()), Token));

            Assert.Equal(Batch, settled[0].Lost.Count + settled[1].Lost.Count);
            await test.First.PurgeAsync(Token);
        }

        var deadlocks = long.Parse((await Probe.ReadAsync(test.Database.DataSource, deadlocksText))[0], CultureInfo.InvariantCulture);
        Figures.Print($"{backend}: {Rounds} rounds of 4 transactions on {Batch} rows and names: 0 deadlocks surfaced, {deadlocks} in the server");

        async Task<ExchangeResult> NameAsync(TaskQueue queue, IEnumerable<TaskMessage> messages)
        {
            await queue.AddRangeAsync(messages, Token);
            return ExchangeResult.Empty;
        }
    }

    /// <summary>The same queue in two processes, here two factories.</summary>
    private sealed class Twins : IAsyncDisposable
    {
        private readonly SqlQueueFactory _first;
        private readonly SqlQueueFactory _second;
        private readonly TaskDefinition<int> _task;
        private readonly TaskDefinition<int> _otherTask;
        private readonly IAsyncDisposable _server;

        private Twins(IAsyncDisposable server, TestDatabase database)
        {
            _server = server;
            Database = database;
            _first = new SqlQueueFactory(Database.DataSource, Database.Dialect);
            _second = new SqlQueueFactory(Database.DataSource, Database.Dialect);
            Producer = Probe.Queue(_first);
            OtherProducer = Probe.Queue(_second, options => options.Name = Producer.Name);
            _task = Producer.RegisterTask<int>("t");
            _otherTask = OtherProducer.RegisterTask<int>("t");
        }

        public TestDatabase Database { get; }

        public TaskQueue Producer { get; }

        public TaskQueue OtherProducer { get; }

        public IQueueBackend First => Producer.Backend;

        public IQueueBackend Second => OtherProducer.Backend;

        public static async Task<Twins> OpenAsync(string backend)
        {
            if (backend == "mysql")
            {
                var mariaDb = await MariaDbServer.StartAsync("innodb-flush-log-at-trx-commit=0");
                return new Twins(mariaDb, new MariaDbDatabase(mariaDb));
            }

            var postgreSql = await PostgreSqlServer.StartAsync("fsync=off");
            return new Twins(postgreSql, new PostgreSqlDatabase(postgreSql));
        }

        public static async Task<ExchangeResult> SettleAsync(IQueueBackend backend, IReadOnlyList<Delivery> deliveries) =>
            await backend.ExchangeAsync([.. deliveries.Select(delivery => new Settlement(delivery, SettlementKind.Complete))], null, Token);

        public IEnumerable<TaskMessage> Names(int count, bool other = false) =>
            Enumerable.Range(0, count).Select(n => (other ? _otherTask : _task).WithArgs(n).Unique());

        public Task<IReadOnlyList<AddResult>> AddAsync(int count, bool named = false) =>
            Producer.AddRangeAsync(named ? Names(count) : Enumerable.Range(0, count).Select(n => _task.WithArgs(n)), Token);

        public async Task<IReadOnlyList<Delivery>> FetchAsync(IQueueBackend backend, int max, bool suspect = false)
        {
            var request = new FetchRequest(new Lease(Guid.NewGuid(), TimeSpan.FromMinutes(1)), max, TimeSpan.Zero, suspect);
            return (await backend.ExchangeAsync([], request, Token)).Deliveries;
        }

        public async ValueTask DisposeAsync()
        {
            await _first.DisposeAsync();
            await _second.DisposeAsync();
            await Database.DisposeAsync();
            await _server.DisposeAsync();
        }
    }
}
