using System.Threading.Channels;
using TaskQ.Bench.Load;

namespace TaskQ.Bench.Memory;

/// <summary>Messages through a bare unbounded channel to one reader, which calls the handler.</summary>
internal sealed class ChannelLoad(int count, Action<int>? onStart = null)
{
    private readonly Channel<Item> _channel = Channel.CreateUnbounded<Item>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CompletionCounter _counter = new(count);

    public int Count => count;

    /// <summary>Writes them all from 16 producers.</summary>
    public Task WriteByAllAsync() => Producers.RunAsync(count, WriteAsync);

    public Task WriteAsync(int number) => _channel.Writer.WriteAsync(new Item(NoopTask.Text, number)).AsTask();

    /// <summary>Handles them until the last.</summary>
    public async Task ReadAsync()
    {
        Action<string, int> handler = _counter.Handle;
        while (_counter.Count < count && await _channel.Reader.WaitToReadAsync())
        {
            while (_channel.Reader.TryRead(out Item? item))
            {
                onStart?.Invoke(item.Number);
                handler(item.Text, item.Number);
            }
        }
    }

    private sealed record Item(string Text, int Number);
}
