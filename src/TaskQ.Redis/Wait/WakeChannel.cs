using StackExchange.Redis;
using TaskQ.Backend.Wait;
using TaskQ.Redis.Connect;

namespace TaskQ.Redis.Wait;

/// <summary>The wake-up channel of a queue: what is published there wakes the fetches of this process. A queue that only adds never listens.</summary>
internal sealed class WakeChannel : IAsyncDisposable
{
    /// <summary>After how many polls that found what no wake-up had told of the connection is doubted.</summary>
    private const int UnheardLimit = 3;

    private readonly Lock _lock = new();
    private readonly WaitRoom _room;
    private readonly RedisLink _link;
    private readonly RedisChannel _channel;
    private readonly Action<RedisChannel, RedisValue> _onMessage;
    private IConnectionMultiplexer? _connection;
    private Task? _listening;
    private int _unheard;
    private bool _disposed;

    public WakeChannel(WaitRoom room, RedisLink link, string channel)
    {
        _room = room;
        _link = link;
        _channel = new RedisChannel(channel, RedisChannel.PatternMode.Literal);
        _onMessage = (_, message) => OnMessage(message);
        link.Replaced += OnReplaced;
    }

    /// <summary>Whether wake-ups are heard, as far as this process knows.</summary>
    public bool IsListening
    {
        get
        {
            lock (_lock)
            {
                return _listening is { IsCompletedSuccessfully: true };
            }
        }
    }

    /// <summary>Subscribes to the wake-ups; without success, polls remain and the next fetch tries again.</summary>
    public async ValueTask ListenAsync()
    {
        Task listening;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            if (_listening is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _listening = SubscribeAsync();
            }

            listening = _listening;
        }

        if (!listening.IsCompletedSuccessfully)
        {
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A fetch has found something, by a poll and not by a wake-up: after several in a row, the connection is doubted.</summary>
    public void NoteUnheard()
    {
        bool isDoubtful;
        lock (_lock)
        {
            isDoubtful = ++_unheard >= UnheardLimit;
            if (isDoubtful)
            {
                _unheard = 0;
            }
        }

        if (isDoubtful)
        {
            _link.DoubtSubscriptions();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _link.Replaced -= OnReplaced;
        Task? listening;
        lock (_lock)
        {
            _disposed = true;
            listening = _listening;
        }

        if (listening is not null)
        {
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await UnsubscribeAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SubscribeAsync()
    {
        IConnectionMultiplexer connection = await _link.ConnectAsync(CancellationToken.None).ConfigureAwait(false);
        ISubscriber subscriber = connection.GetSubscriber();
        try
        {
            await _link.BoundAsync(subscriber.SubscribeAsync(_channel, _onMessage), CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            // The client keeps what failed, and would say of a second try at once that it is done.
            RedisLink.Observe(subscriber.UnsubscribeAsync(_channel, _onMessage));
            throw;
        }

        if (!ReferenceEquals(_connection, connection))
        {
            _connection = connection;
            connection.ConnectionRestored += OnRestored;
        }
    }

    private async Task UnsubscribeAsync()
    {
        if (_connection is { } connection)
        {
            connection.ConnectionRestored -= OnRestored;

            // Only what is its own: another factory may listen to the same queue over the same connection.
            await _link.BoundAsync(connection.GetSubscriber().UnsubscribeAsync(_channel, _onMessage), CancellationToken.None)
                .ConfigureAwait(false);
        }
    }

    /// <summary>What was published while the connection was down is lost.</summary>
    private void OnRestored(object? sender, ConnectionFailedEventArgs arguments) => _room.Wake(all: false);

    /// <summary>All wait anew, which subscribes over the new connection.</summary>
    private void OnReplaced()
    {
        lock (_lock)
        {
            _listening = null;
        }

        _room.Wake(all: true);
    }

    /// <summary>'w' wakes one, 'a' all; a number says in how many microseconds something falls due.</summary>
    private void OnMessage(RedisValue message)
    {
        string text = (string?)message ?? "";
        lock (_lock)
        {
            _unheard = 0;
        }

        if (text == "w")
        {
            _room.WakeHere();
        }
        else if (long.TryParse(text, out long wait))
        {
            _room.DueIn(TimeSpan.FromMicroseconds(wait));
        }
        else
        {
            _room.Wake(all: true);
        }
    }
}
