using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using TaskQ.Sqs.Client;

namespace TaskQ.Sqs.Tests.Scripted;

/// <summary>A server that checks the signature of each request and answers by a script; its last answer goes on.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    public const string AccessKeyId = "AKIDCANARYCANARY0001";
    public const string SecretKey = "secret/canary+0123456789abcdefghijklmnop";
    public const string Region = "eu-central-1";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly SignatureVerifier _verifier = new(AccessKeyId, SecretKey, Region);
    private readonly Func<HttpRequest, HttpAnswer>[] _script;
    private readonly Task _accepting;

    public ScriptedServer(params Func<HttpRequest, HttpAnswer>[] script)
    {
        _script = script;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public ScriptedServer(params HttpAnswer[] script)
        : this([.. script.Select(answer => new Func<HttpRequest, HttpAnswer>(_ => answer))])
    {
    }

    public Uri Endpoint => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>How far its clock is ahead.</summary>
    public TimeSpan Skew { get; init; }

    /// <summary>The requests so far.</summary>
    public ConcurrentQueue<HttpRequest> Requests { get; } = [];

    /// <summary>What was wrong with their signatures.</summary>
    public ConcurrentQueue<string?> Faults { get; } = [];

    public AwsSqsClient Client(Action<SqsOptions>? configure = null)
    {
        var options = new SqsOptions { Endpoint = Endpoint, Region = Region, Credentials = new BasicAWSCredentials(AccessKeyId, SecretKey) };
        configure?.Invoke(options);
        return new AwsSqsClient(options);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                if (await HttpRequest.ReadAsync(stream, _stop.Token) is { } request)
                {
                    await AnswerAsync(client, stream, request);
                }
            }
            catch (IOException)
            {
                // The client went away, as some tests have it do.
                client.Close();
            }
            catch (OperationCanceledException)
            {
                client.Close();
            }
        }
    }

    private async Task AnswerAsync(TcpClient client, NetworkStream stream, HttpRequest request)
    {
        var now = TimeProvider.System.GetUtcNow() + Skew;
        string? fault = _verifier.Fault(request, now);
        Faults.Enqueue(fault);
        int index;
        lock (Requests)
        {
            index = Math.Min(Requests.Count, _script.Length - 1);
            Requests.Enqueue(request);
        }

        HttpAnswer answer = fault switch
        {
            null => _script[index](request),
            "another time" => HttpAnswer.Error(403, "RequestTimeTooSkewed"),
            _ => HttpAnswer.Error(403, "SignatureDoesNotMatch", "The canonical request should have been " + string.Join('\n', request.Headers)),
        };
        if (answer == HttpAnswer.Silence)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stop.Token);
        }
        else if (answer == HttpAnswer.Reset)
        {
            client.LingerState = new LingerOption(true, 0);
            client.Close();
        }
        else
        {
            await stream.WriteAsync(answer.Bytes(now), _stop.Token);
        }
    }
}
