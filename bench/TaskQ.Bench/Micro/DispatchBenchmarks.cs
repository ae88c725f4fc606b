using BenchmarkDotNet.Attributes;
using TaskQ.Bench.Load;
using TaskQ.Bench.Probe;

namespace TaskQ.Bench.Micro;

/// <summary>A handler of a string and an int: called directly, by reference, and with its arguments decoded.</summary>
[MemoryDiagnoser]
public class DispatchBenchmarks
{
    private readonly Action<string, int> _handler;
    private DispatchProbe? _byReference;
    private DispatchProbe? _encoded;
    private int _sum;

    /// <summary>Makes the delegate that all benchmarks end in.</summary>
    public DispatchBenchmarks() => _handler = (text, number) => _sum += text.Length + number;

    /// <summary>Brings one message of each kind to its handler and holds it there.</summary>
    [GlobalSetup]
    public async Task SetupAsync()
    {
        _byReference = await DispatchProbe.StartAsync(encoded: false, _handler, NoopTask.Text, 1);
        _encoded = await DispatchProbe.StartAsync(encoded: true, _handler, NoopTask.Text, 1);
    }

    /// <summary>Lets the messages go.</summary>
    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _byReference!.DisposeAsync();
        await _encoded!.DisposeAsync();
    }

    /// <summary>Calls the delegate.</summary>
    [Benchmark(Baseline = true)]
    public int Direct()
    {
        _handler(NoopTask.Text, 1);
        return _sum;
    }

    /// <summary>Calls the handler of a message that came by reference.</summary>
    [Benchmark]
    public Task ByReference() => _byReference!.InvokeHandler();

    /// <summary>Calls the handler of a message that came as bytes.</summary>
    [Benchmark]
    public Task Encoded() => _encoded!.InvokeHandler();
}
