using System.Net;
using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;

namespace TaskQ.Bench.Redis;

/// <summary>A bare connection that asks the server about itself, and sends nothing that it is not told to.</summary>
/// <remarks>RESP: https://redis.io/docs/latest/develop/reference/protocol-spec/.</remarks>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient _client;
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;

    private RawConnection(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
        _reader = new StreamReader(_stream, Encoding.Latin1);
    }

    public static async Task<RawConnection> OpenAsync(string configuration)
    {
        ConfigurationOptions parsed = ConfigurationOptions.Parse(configuration);
        parsed.SetDefaultPorts();
        var client = new TcpClient { NoDelay = true };
        await (parsed.EndPoints[0] switch
        {
            IPEndPoint address => client.ConnectAsync(address),
            DnsEndPoint name => client.ConnectAsync(name.Host, name.Port),
            var other => throw new ArgumentException($"'{other}' is not an address."),
        });
        var connection = new RawConnection(client);
        if (parsed.Password is { Length: > 0 } password)
        {
            await connection.AskAsync("AUTH", password);
        }

        return connection;
    }

    /// <summary>Sends a command whose reply is one line or one string.</summary>
    public async Task<string> AskAsync(params string[] command)
    {
        await SendAsync(command);
        string line = await ReadLineAsync() ?? throw new BenchException("The server closed the connection.");
        if (line[0] == '-')
        {
            throw new BenchException($"{command[0]}: {line[1..]}");
        }

        if (line[0] != '$')
        {
            return line[1..];
        }

        var text = new char[int.Parse(line.AsSpan(1), null) + 2];
        await _reader.ReadBlockAsync(text);
        return new string(text, 0, text.Length - 2);
    }

    public async Task SendAsync(params string[] command)
    {
        var text = new StringBuilder($"*{command.Length}\r\n");
        foreach (string word in command)
        {
            text.Append(null, $"${word.Length}\r\n{word}\r\n");
        }

        await _stream.WriteAsync(Encoding.Latin1.GetBytes(text.ToString()));
    }

    /// <summary>The next line, null when the server closed the connection.</summary>
    public Task<string?> ReadLineAsync() => _reader.ReadLineAsync();

    public void Dispose()
    {
        _reader.Dispose();
        _client.Dispose();
    }
}
