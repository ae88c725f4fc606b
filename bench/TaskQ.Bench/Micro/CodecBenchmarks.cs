using System.Buffers;
using BenchmarkDotNet.Attributes;
using TaskQ.Bench.Load;
using TaskQ.Bench.Probe;

namespace TaskQ.Bench.Micro;

/// <summary>The codec through the public API.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private readonly ArrayBufferWriter<byte> _buffer = new(256);
    private readonly MessagePackSerializer _serializer = new();
    private readonly PayloadWriter<string> _writeText;
    private readonly PayloadWriter<int> _writeNumber;
    private readonly PayloadReader<string> _readText;
    private readonly PayloadReader<int> _readNumber;
    private readonly ReadOnlyMemory<byte> _payload;
    private readonly AddProbe _byReference = new(new ProbeBackend(passesReferences: true, keep: 0));
    private readonly AddProbe _encoded = new(new ProbeBackend(passesReferences: false, keep: 0));
    private int _number;

    /// <summary>Asks for readers and writers, once, as a registration does.</summary>
    public CodecBenchmarks()
    {
        _writeText = _serializer.GetWriter<string>();
        _writeNumber = _serializer.GetWriter<int>();
        _readText = _serializer.GetReader<string>();
        _readNumber = _serializer.GetReader<int>();
        EncodeArguments();
        _payload = _buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes a string and an int.</summary>
    [Benchmark]
    public int EncodeArguments()
    {
        _buffer.ResetWrittenCount();
        _serializer.WriteCount(_buffer, 2);
        _writeText(_buffer, NoopTask.Text);
        _writeNumber(_buffer, 123_456);
        return _buffer.WrittenCount;
    }

    /// <summary>Reads a string and an int.</summary>
    [Benchmark]
    public int DecodeArguments()
    {
        ReadOnlyMemory<byte> payload = _payload;
        int count = _serializer.ReadCount(ref payload);
        string text = _readText(ref payload);
        return count + text.Length + _readNumber(ref payload);
    }

    /// <summary>Makes a message and adds it by reference to a store that does nothing.</summary>
    [Benchmark]
    public bool AddByReference() => _byReference.Add(_number++);

    /// <summary>Makes a message and adds it as a frame to a store that does nothing.</summary>
    [Benchmark]
    public bool AddEncoded() => _encoded.Add(_number++);

    /// <summary>How long a frame is.</summary>
    internal static int FrameLength()
    {
        var probe = new AddProbe(new ProbeBackend(passesReferences: false, keep: 0));
        probe.Add(1);
        return probe.LastFrameLength;
    }
}
