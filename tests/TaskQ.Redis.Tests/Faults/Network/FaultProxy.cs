using System.Net;
using System.Net.Sockets;

namespace TaskQ.Redis.Tests.Faults.Network;

/// <summary>
/// A TCP proxy before a server that harms its connections: it cuts them, cuts them after a request went on so that the
/// reply is lost, delays what passes, or lets nothing pass without closing anything.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _disposed = new();
    private readonly Lock _lock = new();
    private readonly List<ProxyConnection> _connections = [];
    private readonly int _target;
    private readonly Task _accepting;

    public FaultProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The configuration of StackExchange.Redis for it.</summary>
    public string Configuration => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>Sees what clients send; true cuts the connection once it has gone on, so that no reply comes back.</summary>
    public Func<ReadOnlyMemory<byte>, bool>? LosesReply { get; set; }

    /// <summary>Gets the replies that are lost in that way, in parts as they come.</summary>
    public Action<ReadOnlyMemory<byte>>? OnLostReply { get; set; }

    /// <summary>Changes what the server answers, in parts as they come.</summary>
    public Action<Memory<byte>>? ChangesReply { get; set; }

    /// <summary>How long what is sent is held back, each way.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>How many connections were accepted.</summary>
    public int Accepted { get; private set; }

    /// <summary>Closes every connection.</summary>
    public void CutAll()
    {
        foreach (var connection in Snapshot())
        {
            connection.Dispose();
        }
    }

    /// <summary>Lets nothing pass any more on the connections that there are; nobody is told.</summary>
    public void BlackHole()
    {
        foreach (var connection in Snapshot())
        {
            connection.IsBlackHole = true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync();
        _listener.Stop();
        CutAll();
        await _accepting;
        foreach (var connection in Snapshot())
        {
            await connection.Ended;
        }

        _disposed.Dispose();
    }

    private ProxyConnection[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _connections];
        }
    }

    private async Task AcceptAsync()
    {
        while (!_disposed.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptSocketAsync(_disposed.Token);
                var connection = new ProxyConnection(this, client, _target);
                lock (_lock)
                {
                    Accepted++;
                    _connections.Add(connection);
                }
            }
            catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
