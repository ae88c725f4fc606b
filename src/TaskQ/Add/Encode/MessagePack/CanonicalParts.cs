using System.Buffers;

namespace TaskQ.Add.Encode.MessagePack;

/// <summary>Encoded items of a set, or entries of a map, to be written in the order of their bytes.</summary>
internal sealed class CanonicalParts : IComparer<Range>
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly List<Range> _parts = [];
    private int _start;

    /// <summary>Where a part is written.</summary>
    public IBufferWriter<byte> Output => _output;

    public int Count => _parts.Count;

    /// <summary>Ends a part; the next begins.</summary>
    public void EndPart()
    {
        _parts.Add(_start.._output.WrittenCount);
        _start = _output.WrittenCount;
    }

    public void WriteTo(ref MessagePackWriter writer)
    {
        _parts.Sort(this);
        foreach (var part in _parts)
        {
            writer.WriteRaw(_output.WrittenSpan[part]);
        }
    }

    public int Compare(Range x, Range y) => _output.WrittenSpan[x].SequenceCompareTo(_output.WrittenSpan[y]);
}
