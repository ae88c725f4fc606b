using TaskQ.Conformance.Harness;
using TaskQ.Sql.Tests.Databases;

namespace TaskQ.Sql.Tests.Conformance;

/// <summary>A SQL backend under the conformance suite: each factory has a connection of its own, and the statements take the time of a fake clock.</summary>
internal sealed class SqlFixture : BackendFixture
{
    private static readonly TimeSpan PollPeriod = TimeSpan.FromMilliseconds(25);

    private readonly TestDatabase _database;
    private readonly ObservedClock _clock;
    private readonly Lock _lock = new();
    private readonly List<SqlQueueFactory> _factories = [];

    /// <summary>Where a database tells nobody of changes, polls do; these go by a real clock, because the fake one may stand still.</summary>
    private readonly ITimer? _polls;

    public SqlFixture(TestDatabase database)
    {
        _database = database;
        _clock = new ObservedClock(new DateTimeOffset(2030, 5, 17, 10, 20, 30, 456, TimeSpan.Zero)) { IsBusy = IsBusy };
        _polls = database.Dialect == SqlDialect.MySql ? TimeProvider.System.CreateTimer(_ => Poll(), null, PollPeriod, PollPeriod) : null;
    }

    public override TimeProvider TimeProvider => _clock;

    public override bool HasFakeClock => true;

    public override bool SharesStore => true;

    public override TimeSpan Tolerance => TimeSpan.FromMilliseconds(5);

    public override QueueFactory CreateFactory()
    {
        var factory = new SqlQueueFactory(_database.DataSource, _database.Dialect, new SqlOptions { UseQueueClock = true });
        lock (_lock)
        {
            _factories.Add(factory);
        }

        return factory;
    }

    public override Task AdvanceAsync(TimeSpan by, TimeSpan step)
    {
        Poll();
        return _clock.AdvanceAsync(by, step);
    }

    public override Task SettleAsync()
    {
        Poll();
        return _clock.SettleAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await (_polls?.DisposeAsync() ?? default);
        await base.DisposeAsync();
        await _database.DisposeAsync();
    }

    private void Poll()
    {
        if (_polls is not null)
        {
            lock (_lock)
            {
                _factories.ForEach(static factory => factory.Poll());
            }
        }
    }

    private bool IsBusy()
    {
        lock (_lock)
        {
            return _factories.Exists(static factory => factory.PendingCalls > 0);
        }
    }
}
