using System.Net;
using System.Net.Sockets;

namespace TaskQ.Redis.Tests.Faults.Network;

/// <summary>One connection through a <see cref="FaultProxy"/>.</summary>
internal sealed class ProxyConnection : IDisposable
{
    private readonly FaultProxy _proxy;
    private readonly Socket _client;
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private volatile bool _losesReplies;

    public ProxyConnection(FaultProxy proxy, Socket client, int target)
    {
        _proxy = proxy;
        _client = client;
        _client.NoDelay = true;
        Ended = RunAsync(target);
    }

    /// <summary>Whether what comes is dropped without a word.</summary>
    public bool IsBlackHole { get; set; }

    public Task Ended { get; }

    /// <summary>Closes both ends.</summary>
    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private async Task RunAsync(int target)
    {
        try
        {
            await _server.ConnectAsync(IPAddress.Loopback, target);
            await Task.WhenAny(ForwardAsync(_client, _server, isRequest: true), ForwardAsync(_server, _client, isRequest: false)).Unwrap();
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The end of a connection, whoever has ended it.
            IsBlackHole = true;
        }
        finally
        {
            Dispose();
        }
    }

    private async Task ForwardAsync(Socket from, Socket to, bool isRequest)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (_proxy.Delay > TimeSpan.Zero)
                {
                    await Task.Delay(_proxy.Delay, TimeProvider.System);
                }

                var data = buffer.AsMemory(0, count);
                if (_losesReplies && !isRequest)
                {
                    _proxy.OnLostReply?.Invoke(data);
                    continue;
                }

                if (IsBlackHole)
                {
                    continue;
                }

                if (!isRequest)
                {
                    _proxy.ChangesReply?.Invoke(data);
                }

                _losesReplies |= isRequest && _proxy.LosesReply?.Invoke(data) == true;
                await to.SendAsync(data);
                if (_losesReplies)
                {
                    await LoseReplyAsync();
                    return;
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return;
        }
    }

    /// <summary>The server gets the request as a whole, and the client learns nothing of it.</summary>
    private async Task LoseReplyAsync()
    {
        // Closed only after the server has answered: a reset could reach it before the request is read.
        _server.Shutdown(SocketShutdown.Send);
        var rest = new byte[64 * 1024];
        while (await _server.ReceiveAsync(rest) is > 0 and var count)
        {
            _proxy.OnLostReply?.Invoke(rest.AsMemory(0, count));
        }
    }
}
